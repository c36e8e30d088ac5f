// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace transfer_bench {

/// Lines of text between the two processes, over a socket.
class line_channel {
public:
  /// Takes over the descriptor.
  explicit line_channel(int fd) noexcept : fd_(fd) {
    // nop
  }

  line_channel(const line_channel&) = delete;

  line_channel& operator=(const line_channel&) = delete;

  ~line_channel();

  int fd() const noexcept {
    return fd_;
  }

  /// Sends a line.
  void tell(const std::string& line);

  /// Waits for a line. Returns false if the other side is gone.
  bool hear(std::string& line);

  /// Receives a line if there is one. Ends the program if the other side is
  /// gone.
  bool try_hear(std::string& line);

private:
  /// Takes a line out of the buffer.
  bool take(std::string& line);

  int fd_;
  std::string buffer_;
};

} // namespace transfer_bench
