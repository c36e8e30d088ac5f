// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/close_on_exec.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace rdma::ucx {

namespace {

/// A descriptor, and the file that it stood for when epoll was told of it.
struct watched {
  int fd;
  unsigned long inode;
};

std::string read_file(const std::string& path) {
  std::string result;
  auto fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return result;
  std::array<char, 16384> chunk;
  for (ssize_t n = 0; (n = ::read(fd, chunk.data(), chunk.size())) > 0;)
    result.append(chunk.data(), static_cast<size_t>(n));
  ::close(fd);
  return result;
}

std::vector<watched> watched_by(int epoll_fd) {
  std::vector<watched> result;
  auto text = read_file("/proc/self/fdinfo/" + std::to_string(epoll_fd));
  for (auto pos = text.find("tfd:"); pos != std::string::npos;
       pos = text.find("tfd:", pos + 1)) {
    auto inode = text.find("ino:", pos);
    if (inode == std::string::npos)
      break;
    result.push_back({std::atoi(text.c_str() + pos + 4),
                      std::strtoul(text.c_str() + inode + 4, nullptr, 16)});
  }
  return result;
}

bool is_epoll(int fd) {
  std::array<char, 64> target{};
  auto path = "/proc/self/fd/" + std::to_string(fd);
  auto n = ::readlink(path.c_str(), target.data(), target.size());
  return n > 0
         && std::string_view{target.data(), static_cast<size_t>(n)}
              == "anon_inode:[eventpoll]";
}

void mark(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool marked(int fd) {
  return ::fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

/// Marks what an instance watches. Returns how much that is.
size_t mark_watched(int epoll_fd) {
  auto all = watched_by(epoll_fd);
  for (auto& x : all) {
    if (marked(x.fd))
      continue;
    // It may have been closed, and be somebody else's by now.
    struct stat status {};
    if (::fstat(x.fd, &status) == 0 && status.st_ino == x.inode)
      mark(x.fd);
  }
  return all.size();
}

/// The instances that an instance watches.
std::vector<int> watched_instances(int epoll_fd) {
  std::vector<int> result;
  for (auto& x : watched_by(epoll_fd))
    if (is_epoll(x.fd))
      result.push_back(x.fd);
  return result;
}

/// Marks an instance, what it watches, and what these watch.
size_t mark_tree(int epoll_fd) {
  mark(epoll_fd);
  auto result = mark_watched(epoll_fd);
  for (auto fd : watched_instances(epoll_fd))
    result += mark_watched(fd);
  return result;
}

std::vector<int> open_descriptors() {
  std::vector<int> result;
  auto* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr)
    return result;
  while (auto* entry = ::readdir(dir))
    if (auto fd = std::atoi(entry->d_name); fd > 0 && fd != ::dirfd(dir))
      result.push_back(fd);
  ::closedir(dir);
  return result;
}

/// Marks the other ends of the pipes that an instance watches.
void mark_pipes(int epoll_fd, const std::vector<int>& all) {
  std::vector<ino_t> pipes;
  struct stat status {};
  auto is_pipe = [&status](int fd) {
    return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
  };
  for (auto& x : watched_by(epoll_fd))
    if (is_pipe(x.fd))
      pipes.push_back(status.st_ino);
  for (auto fd : all)
    if (is_pipe(fd)
        && std::find(pipes.begin(), pipes.end(), status.st_ino) != pipes.end())
      mark(fd);
}

} // namespace

void close_all_on_exec(int fd) {
  mark_tree(fd);
  // UCX's thread watches what the worker watches for its interfaces, too.
  auto interfaces = watched_instances(fd);
  auto watches_one = [&interfaces](int epoll_fd) {
    for (auto& x : watched_by(epoll_fd))
      if (std::find(interfaces.begin(), interfaces.end(), x.fd)
          != interfaces.end())
        return true;
    return false;
  };
  auto all = open_descriptors();
  for (auto x : all) {
    if (x == fd || !is_epoll(x) || !watches_one(x))
      continue;
    mark_tree(x);
    mark_pipes(x, all);
  }
}

size_t close_connections_on_exec(int fd) {
  return mark_tree(fd);
}

} // namespace rdma::ucx
