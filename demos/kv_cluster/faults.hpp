// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <vector>

namespace kv_cluster {

/// What somebody has done to the cluster.
struct fault {
  /// In seconds of the system's clock.
  double time = 0;
  std::string what;
};

/// Reads lines of a time, a tab and what happened. Returns what could be read:
/// somebody may be writing.
std::vector<fault> read_faults(const std::string& file);

} // namespace kv_cluster
