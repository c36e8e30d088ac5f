// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/hang_up.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace rdma::ucx {

namespace {

// UCX's worker watches its interfaces, which watch their connections.
constexpr int max_depth = 3;

/// True for a connection that has sent what it can, and hears nothing.
bool silent(int fd, std::chrono::milliseconds limit) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  auto unsent = 0;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
         && info.tcpi_state == TCP_ESTABLISHED
         && std::chrono::milliseconds{info.tcpi_last_data_recv} >= limit
         && ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0;
}

/// Calls `f(fd, events)` for what an epoll descriptor watches.
template <class F>
void for_each_watched(int fd, F f) {
  std::ifstream in{"/proc/self/fdinfo/" + std::to_string(fd)};
  for (std::string line; std::getline(in, line);) {
    auto watched = 0;
    auto events = 0u;
    if (std::sscanf(line.c_str(), "tfd: %d events: %x", &watched, &events) == 2)
      f(watched, events);
  }
}

size_t hang_up(int set, std::chrono::milliseconds limit, int depth) {
  size_t result = 0;
  for_each_watched(set, [&](int fd, unsigned events) {
    auto wants_to_send = (events & EPOLLOUT) != 0;
    if (wants_to_send && silent(fd, limit))
      result += shutdown(fd, SHUT_RDWR) == 0;
    else if (depth < max_depth)
      result += hang_up(fd, limit,
                        depth + 1); // of a set; else there is nothing
  });
  return result;
}

} // namespace

size_t hang_up(const worker& x, std::chrono::milliseconds silence) {
  return hang_up(x.fd(), silence, 0);
}

} // namespace rdma::ucx
