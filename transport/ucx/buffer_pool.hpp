// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace rdma::ucx {

/// Memory of any content, aligned to 8 bytes; empty unless it comes from a
/// pool.
struct buffer {
  std::unique_ptr<std::byte[]> bytes;
  size_t size = 0;

  std::span<std::byte> first(size_t n) const noexcept {
    return {bytes.get(), n};
  }
};

/// Keeps large buffers for later use, some of them. For one thread.
class buffer_pool {
public:
  /// Bytes to keep at most.
  static constexpr size_t max_spare = size_t{16} << 20;

  /// Smaller buffers are made anew each time, in bytes.
  static constexpr size_t least_kept = size_t{4} << 10;

  /// Returns at least `size` bytes.
  buffer take(size_t size);

  void give_back(buffer x);

  /// Bytes that are kept.
  size_t spare() const noexcept {
    return spare_bytes_;
  }

private:
  // By the logarithm of the size, which is a power of two.
  std::array<std::vector<buffer>, 64> spare_;
  size_t spare_bytes_ = 0;
};

} // namespace rdma::ucx
