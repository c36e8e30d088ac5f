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
  // -- what to measure -------------------------------------------------------

  bool quick = false;
  /// How often the contenders take turns; 0 leaves the choice to `quick`.
  size_t rounds = 0;
  /// Names of what to measure; empty means all.
  std::vector<std::string> cases;
  std::vector<std::string> lanes;
  std::vector<std::string> loops;
  std::vector<std::string> modes;
  std::vector<std::string> callers;
  std::vector<std::string> controls;
  /// Bytes of one transfer, and transfers under way; empty means all.
  std::vector<uint64_t> sizes;
  std::vector<size_t> outstanding;
  /// Leaves the controls out: for a profiler.
  bool no_controls = false;

  // -- where the results go --------------------------------------------------

  /// Files; empty means nowhere.
  std::string json;
  std::string plot;

  // -- the other process -----------------------------------------------------

  /// HOST:PORT of a passive side; empty starts one here.
  std::string connect;
  /// Port to be a passive side on.
  std::optional<uint16_t> serve_port;
  /// Set in the second process: its socket.
  std::optional<int> serve_fd;

  // -- for profilers ---------------------------------------------------------

  /// Runs so many operations and nothing else.
  size_t operations = 0;
};

/// Reads the command line. Returns the program's exit code if it is to end.
std::optional<int> parse(int argc, char** argv, options& result);

} // namespace transfer_bench
