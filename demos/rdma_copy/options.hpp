// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/timespan.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rdma_copy {

enum class command { serve, put, get };

/// What the user has asked for.
struct options {
  rdma_copy::command command = rdma_copy::command::serve;
  /// File to send, or name of the file on the server to fetch.
  std::string source;
  /// Name on the server, or file to write.
  std::string target;
  std::string host;
  uint16_t port = 0;
  std::string bind = "127.0.0.1";
  std::string directory = ".";
  uint64_t buffers = 4;
  uint64_t buffer_size = uint64_t{4} << 20;
  caf::timespan timeout;
  bool quiet = false;
  /// Arguments that start with "--rdma." or "--caf.".
  std::vector<std::string> for_caf;
};

/// Reads the command line. Prints help or what is wrong with it, and returns
/// the exit code, if there is nothing to run.
std::optional<int> parse(int argc, char** argv, options& result);

} // namespace rdma_copy
