// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace transfer_bench {

/// Lines of text between the two processes, over a socket. Blocks; both sides
/// talk only between two measurements.
class line_channel {
public:
  /// Takes over the descriptor.
  explicit line_channel(int fd) noexcept : fd_(fd) {
    // nop
  }

  line_channel(const line_channel&) = delete;

  line_channel& operator=(const line_channel&) = delete;

  ~line_channel();

  /// Sends a line.
  void tell(const std::string& line);

  /// Receives a line. Returns false if the other side is gone.
  bool hear(std::string& line);

private:
  int fd_;
  std::string buffer_;
};

} // namespace transfer_bench
