// SPDX-License-Identifier: BSD-3-Clause

#include "line_channel.hpp"

#include "types.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace transfer_bench {

line_channel::~line_channel() {
  ::close(fd_);
}

void line_channel::tell(const std::string& line) {
  auto text = line + "\n";
  for (std::string_view rest{text}; !rest.empty();) {
    auto n = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n <= 0)
      die("the other process is gone");
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

bool line_channel::hear(std::string& line) {
  while (!take(line)) {
    std::array<char, 65536> chunk;
    auto n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n <= 0)
      return false;
    buffer_.append(chunk.data(), static_cast<size_t>(n));
  }
  return true;
}

bool line_channel::try_hear(std::string& line) {
  if (take(line))
    return true;
  std::array<char, 4096> chunk;
  auto n = ::recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    die("the other process is gone");
  if (n > 0)
    buffer_.append(chunk.data(), static_cast<size_t>(n));
  return take(line);
}

bool line_channel::take(std::string& line) {
  auto pos = buffer_.find('\n');
  if (pos == std::string::npos)
    return false;
  line.assign(buffer_, 0, pos);
  buffer_.erase(0, pos + 1);
  return true;
}

} // namespace transfer_bench
