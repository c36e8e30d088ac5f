// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace transfer_bench {

/// The command line.
struct options {
  bool quick = false;
  /// How often the contenders take turns.
  size_t rounds = 7;
  /// Names of what to measure; empty means all.
  std::vector<std::string> cases;
  std::vector<std::string> loops;
  std::vector<std::string> modes;
  std::vector<std::string> callers;
  /// Bytes of one transfer; empty means all.
  std::vector<uint64_t> sizes;
  /// Leaves the controls out: for a profiler.
  bool no_controls = false;
  /// Where to write the results; empty means nowhere.
  std::string json;
  /// Set in the second process: its socket.
  std::optional<int> serve_fd;
};

/// Reads the command line. Returns the program's exit code if it is to end.
std::optional<int> parse(int argc, char** argv, options& result);

} // namespace transfer_bench
