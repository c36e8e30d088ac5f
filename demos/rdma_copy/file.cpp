// SPDX-License-Identifier: BSD-3-Clause

#include "file.hpp"

#include "failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>

namespace rdma_copy {

namespace {

// Names of files end up in messages on a terminal.
bool is_control(char ch) {
  return static_cast<unsigned char>(ch) < 0x20 || ch == 0x7f;
}

std::string random_suffix() {
  std::random_device random;
  char result[9];
  std::snprintf(result, sizeof(result), "%08x",
                static_cast<unsigned>(random()));
  return result;
}

// A long name is cut: the name of the part must not exceed 255 bytes, too.
std::string part_path(const std::string& path) {
  auto name = base_name(path);
  auto directory = path.substr(0, path.size() - name.size());
  return directory + '.' + name.substr(0, 200) + ".part-" + random_suffix();
}

} // namespace

// -- file --------------------------------------------------------------------

caf::expected<file> file::open(const std::string& path, links mode) {
  // O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
  auto flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  auto fd = ::open(path.c_str(),
                   mode == links::refuse ? flags | O_NOFOLLOW : flags);
  if (fd < 0)
    return errno == ELOOP && mode == links::refuse
             ? failure(path + ": Is a symbolic link")
             : system_failure(path, errno);
  file result{path, fd};
  struct stat info;
  if (::fstat(fd, &info) != 0)
    return system_failure(path, errno);
  if (S_ISDIR(info.st_mode))
    return system_failure(path, EISDIR);
  if (!S_ISREG(info.st_mode))
    return failure(path + ": Is not a regular file");
  result.size_ = static_cast<uint64_t>(info.st_size);
  return result;
}

file::file(std::string path, int fd) : path_(std::move(path)), fd_(fd) {
  // nop
}

file::file(file&& other) noexcept
  : path_(std::move(other.path_)),
    fd_(std::exchange(other.fd_, -1)),
    size_(other.size_) {
  // nop
}

file::~file() {
  if (fd_ >= 0)
    ::close(fd_);
}

caf::error file::read(uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    auto n = ::pread(fd_, bytes.data(), bytes.size(),
                     static_cast<off_t>(offset));
    if (n == 0)
      return failure(path_ + ": became shorter while it was read");
    if (n < 0 && errno != EINTR)
      return system_failure(path_, errno);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
  }
  return {};
}

// -- part file ---------------------------------------------------------------

caf::expected<part_file> part_file::create(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return system_failure(path, EISDIR);
  for (auto attempts = 8; attempts > 0; --attempts) {
    auto part = part_path(path);
    auto fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                     0666);
    if (fd >= 0)
      return part_file{path, std::move(part), fd};
    if (errno != EEXIST)
      break;
  }
  return system_failure(path, errno);
}

part_file::part_file(std::string path, std::string part, int fd)
  : path_(std::move(path)), part_(std::move(part)), fd_(fd) {
  // nop
}

part_file::part_file(part_file&& other) noexcept
  : path_(std::move(other.path_)),
    part_(std::exchange(other.part_, {})),
    fd_(std::exchange(other.fd_, -1)) {
  // nop
}

part_file::~part_file() {
  if (fd_ >= 0)
    ::close(fd_);
  if (!part_.empty())
    ::unlink(part_.c_str());
}

caf::error part_file::write(uint64_t offset,
                            std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    auto n = ::pwrite(fd_, bytes.data(), bytes.size(),
                      static_cast<off_t>(offset));
    if (n < 0 && errno != EINTR)
      return system_failure(path_, errno);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
  }
  return {};
}

caf::error part_file::commit() {
  // Some file systems report a failed write only here.
  if (::close(std::exchange(fd_, -1)) != 0)
    return system_failure(path_, errno);
  if (::rename(part_.c_str(), path_.c_str()) != 0)
    return system_failure(path_, errno);
  part_.clear();
  return {};
}

// -- names -------------------------------------------------------------------

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

caf::error check_name(const std::string& name) {
  if (name.empty())
    return failure("the name is empty");
  if (name.size() > 255)
    return failure("the name is longer than 255 bytes");
  if (std::ranges::any_of(name, is_control))
    return failure("the name has control characters");
  if (name == "." || name == ".." || name.find('/') != std::string::npos)
    return failure("the name must name a file in the server's directory: "
                   + name);
  return {};
}

} // namespace rdma_copy
