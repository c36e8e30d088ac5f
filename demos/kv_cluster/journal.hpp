// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "protocol.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace kv_cluster {

/// A request that was served.
struct journal_entry {
  /// In the trace.
  uint64_t index = 0;
  fetch_report report;
  /// From the moment that the request was there, in seconds.
  double latency = 0;
  uint64_t attempts = 0;
  /// When it was served, in seconds of the system's clock.
  double time = 0;
  /// The nodes that did.
  std::string prefill;
  std::string decode;
};

/// A file that tells a router which requests the one before it has served: JSON
/// lines, to which each request adds one. What a death has cut short is not
/// there.
class journal {
public:
  /// Remembers nothing.
  journal() = default;

  /// Opens or makes the file.
  static caf::expected<journal> open(const std::string& file);

  /// What was there when it was opened.
  const std::vector<journal_entry>& entries() const noexcept {
    return entries_;
  }

  void add(const journal_entry& x);

private:
  std::vector<journal_entry> entries_;
  std::ofstream out_;
};

} // namespace kv_cluster
