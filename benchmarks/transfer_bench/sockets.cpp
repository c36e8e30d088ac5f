// SPDX-License-Identifier: BSD-3-Clause

#include "sockets.hpp"

#include "types.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace transfer_bench {

namespace {

void set(int fd, int level, int option) {
  int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof(on)) != 0)
    die("cannot set up a socket: " + std::string{std::strerror(errno)});
}

} // namespace

int listen_on(uint16_t port) {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    die("no socket");
  set(fd, SOL_SOCKET, SO_REUSEADDR);
  sockaddr_in addr{};
  addr.sin_family = AF_INET;
  addr.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&addr), sizeof(addr)) != 0
      || ::listen(fd, 1) != 0)
    die("cannot listen on port " + std::to_string(port) + ": "
        + std::strerror(errno));
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_in addr{};
  socklen_t size = sizeof(addr);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&addr), &size) != 0)
    die("no port");
  return ntohs(addr.sin_port);
}

int accept_from(int fd, int seconds) {
  pollfd x{fd, POLLIN, 0};
  if (::poll(&x, 1, seconds * 1000) != 1)
    die("nobody connected for " + std::to_string(seconds) + " s");
  auto result = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (result < 0)
    die("cannot accept: " + std::string{std::strerror(errno)});
  set(result, IPPROTO_TCP, TCP_NODELAY);
  return result;
}

int connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0)
    die("unknown host or port: " + host + ':' + port);
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto ok = ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (!ok)
    die("cannot connect to " + host + ':' + port + ": " + std::strerror(errno));
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

} // namespace transfer_bench
