// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/metrics/scrape.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>

namespace rdma_test {

namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  result.sin_port = htons(port);
  return result;
}

std::string get(int fd) {
  constexpr std::string_view request = "GET /metrics HTTP/1.1\r\n"
                                       "Host: localhost\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return {};
  std::string result;
  std::array<char, 4096> chunk;
  for (;;) {
    auto n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n <= 0)
      return result;
    result.append(chunk.data(), static_cast<size_t>(n));
  }
}

} // namespace

uint16_t free_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(0);
  socklen_t size = sizeof(at);
  ::bind(fd, reinterpret_cast<sockaddr*>(&at), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

std::string scrape(uint16_t port) {
  for (auto i = 0; i < 20; ++i) {
    auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(port);
    timeval limit{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    std::string result;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0)
      result = get(fd);
    ::close(fd);
    if (!result.empty())
      return result;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return {};
}

} // namespace rdma_test
