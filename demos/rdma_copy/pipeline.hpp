// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "buffer.hpp"

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/operation.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace rdma_copy {

/// Moves a file of any size through a few buffers. Each block goes through two
/// stages at the same time, e.g., hashing and the transfer; once both are done
/// with it the next block takes over its buffer.
class pipeline {
public:
  // -- types -----------------------------------------------------------------

  struct slot {
    buffer_ptr bytes;
    rdma::operation transfer;
    int stages_left = 2;
  };

  // -- construction ----------------------------------------------------------

  pipeline() = default;

  /// Makes `count` buffers, or fewer if the file is that small.
  pipeline(const layout& file, uint64_t count) : file_(file) {
    while (free_.size() < count && free_.size() < file.blocks())
      free_.push_back(std::make_shared<buffer>(file.size_of(0)));
  }

  // -- properties ------------------------------------------------------------

  const layout& file() const noexcept {
    return file_;
  }

  uint64_t bytes_done() const noexcept {
    return bytes_done_;
  }

  /// True once both stages of all blocks are done.
  bool done() const noexcept {
    return bytes_done_ == file_.size;
  }

  /// True if the next block can begin.
  bool ready() const noexcept {
    return !free_.empty() && next_ < file_.blocks();
  }

  const std::map<uint64_t, slot>& slots() const noexcept {
    return slots_;
  }

  // -- operations ------------------------------------------------------------

  /// Starts the next block and returns its number; call only if `ready`.
  uint64_t begin() {
    auto& x = slots_[next_];
    x.bytes = std::move(free_.back());
    x.bytes->size = file_.size_of(next_);
    free_.pop_back();
    return next_++;
  }

  slot& operator[](uint64_t block) {
    return slots_.at(block);
  }

  /// Describes the memory of a block; the operation keeps it alive.
  rdma::descriptor_list describe(uint64_t block) {
    const auto& x = slots_.at(block).bytes;
    return {{x->data.get(), x->size, rdma::cpu, x}};
  }

  /// Says that one of the two stages is done with a block.
  void stage_done(uint64_t block) {
    auto i = slots_.find(block);
    if (--i->second.stages_left > 0)
      return;
    bytes_done_ += i->second.bytes->size;
    free_.push_back(std::move(i->second.bytes));
    slots_.erase(i);
  }

private:
  layout file_;
  uint64_t next_ = 0;
  uint64_t bytes_done_ = 0;
  std::vector<buffer_ptr> free_;
  std::map<uint64_t, slot> slots_;
};

} // namespace rdma_copy
