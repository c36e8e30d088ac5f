// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rdma_copy {

/// Shows on stderr how a copy goes: a bar on a terminal, otherwise a line for
/// every tenth.
class progress_bar {
public:
  progress_bar(std::string label, bool quiet);

  void update(uint64_t done, uint64_t total);

  /// Removes the bar, so that other text can be printed.
  void clear();

private:
  using clock = std::chrono::steady_clock;

  void draw(uint64_t done, uint64_t total);

  void print_line(uint64_t done, uint64_t total);

  /// Rate and time left since the start.
  std::string pace(uint64_t done, uint64_t total) const;

  std::string label_;
  bool quiet_;
  bool terminal_;
  bool visible_ = false;
  uint64_t tenths_ = 0;
  clock::time_point start_ = clock::now();
  clock::time_point drawn_;
};

} // namespace rdma_copy
