// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace kv_cluster {

/// Memory that is registered once, in slots of a block each.
class pool {
public:
  pool(rdma::descriptor memory, size_t block_size)
    : memory_(std::make_shared<rdma::descriptor>(std::move(memory))),
      block_size_(block_size) {
    // nop
  }

  const rdma::descriptor& memory() const noexcept {
    return *memory_;
  }

  size_t block_size() const noexcept {
    return block_size_;
  }

  size_t slots() const noexcept {
    return memory_->size() / block_size_;
  }

  std::span<std::byte> block(size_t slot) const {
    return std::span{memory_->data(), memory_->size()}.subspan(
      slot * block_size_, block_size_);
  }

  /// The block alone. Keeps the pool alive.
  rdma::descriptor describe(size_t slot) const {
    return {block(slot), memory_};
  }

private:
  std::shared_ptr<rdma::descriptor> memory_;
  size_t block_size_;
};

} // namespace kv_cluster
