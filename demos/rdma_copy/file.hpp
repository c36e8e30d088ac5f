// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace rdma_copy {

/// Owns an open regular file.
class file {
public:
  enum class links { follow, refuse };

  /// Opens for reading. Fails for everything but regular files.
  static caf::expected<file> open(const std::string& path,
                                  links mode = links::follow);

  file(file&& other) noexcept;

  file& operator=(file&&) = delete;

  ~file();

  const std::string& path() const noexcept {
    return path_;
  }

  /// Returns the size in bytes at the time of opening.
  uint64_t size() const noexcept {
    return size_;
  }

  /// Fills `bytes`; fails if the file ends before.
  caf::error read(uint64_t offset, std::span<std::byte> bytes) const;

private:
  file(std::string path, int fd);

  std::string path_;
  int fd_;
  uint64_t size_ = 0;
};

/// A file that appears under its name only when it is complete. Until then it
/// is called ".NAME.part-XXXXXXXX", in the same directory; its destructor
/// removes it.
class part_file {
public:
  /// Fails if `path` names a directory.
  static caf::expected<part_file> create(const std::string& path);

  part_file(part_file&& other) noexcept;

  part_file& operator=(part_file&&) = delete;

  ~part_file();

  caf::error write(uint64_t offset, std::span<const std::byte> bytes) const;

  /// Moves the file to its name and replaces what was there.
  caf::error commit();

private:
  part_file(std::string path, std::string part, int fd);

  std::string path_;
  std::string part_; // empty after `commit`
  int fd_;
};

/// Returns the last component of `path`.
std::string base_name(const std::string& path);

/// Checks a name that a client has sent: not empty, not "." or "..", no '/', no
/// control characters, at most 255 bytes. So it stays in its directory.
caf::error check_name(const std::string& name);

} // namespace rdma_copy
