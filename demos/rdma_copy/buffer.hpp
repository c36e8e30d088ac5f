// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rdma_copy {

/// Memory for one block of a file. The last block of a file may fill less of
/// it.
struct buffer {
  explicit buffer(size_t capacity)
    : data(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
    // nop
  }

  std::span<std::byte> bytes() const noexcept {
    return {data.get(), size};
  }

  std::unique_ptr<std::byte[]> data;
  size_t size = 0;
};

using buffer_ptr = std::shared_ptr<buffer>;

/// How a file is cut into blocks.
struct layout {
  uint64_t size = 0;
  uint64_t block_size = 1;

  uint64_t blocks() const noexcept {
    return size / block_size + (size % block_size != 0 ? 1 : 0);
  }

  uint64_t offset_of(uint64_t block) const noexcept {
    return block * block_size;
  }

  /// Bytes of one block, at least 1.
  uint64_t size_of(uint64_t block) const noexcept {
    auto rest = size - offset_of(block);
    return rest < block_size ? rest : block_size;
  }
};

} // namespace rdma_copy

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma_copy::buffer_ptr)
