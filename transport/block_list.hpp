// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/selection.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rdma {

/// Blocks of memory one behind the other, addressed by offset. Never changes;
/// copies share their state. Keeps the owners of the memory alive.
class block_list {
public:
  // -- construction ----------------------------------------------------------

  /// No bytes.
  block_list() = default;

  /// One block for each descriptor.
  block_list(descriptor_list xs);

  /// Returns the selected parts of a list that was made of descriptors. The
  /// selection must have been checked against their sizes; everything if it is
  /// empty.
  block_list select(const selection& xs) const;

  // -- properties ------------------------------------------------------------

  /// Bytes.
  uint64_t size() const noexcept {
    return state_ == nullptr ? 0 : state_->blocks.back().end;
  }

  bool empty() const noexcept {
    return state_ == nullptr;
  }

  /// Number of blocks.
  size_t count() const noexcept {
    return state_ == nullptr ? 0 : state_->blocks.size();
  }

  /// Calls `f(std::span<std::byte>)` for each piece of memory behind
  /// `[offset, offset + length)`, which must lie within the list.
  template <class F>
  void for_each(uint64_t offset, uint64_t length, F f) const {
    if (length == 0)
      return;
    auto i = std::upper_bound(state_->blocks.begin(), state_->blocks.end(),
                              offset, [](uint64_t pos, const block& x) {
                                return pos < x.end;
                              });
    for (; length > 0; ++i) {
      auto left = i->end - offset;
      auto n = std::min(length, left);
      f(std::span{i->data + (i->size - left), static_cast<size_t>(n)});
      offset += n;
      length -= n;
    }
  }

private:
  struct block {
    std::byte* data;
    uint64_t size;
    uint64_t end; // the sum of the sizes up to here
  };

  struct state {
    descriptor_list owners;
    std::shared_ptr<const state> whole; // of a selection
    std::vector<block> blocks;          // not empty

    void add(std::byte* data, uint64_t size) {
      auto begin = blocks.empty() ? 0 : blocks.back().end;
      blocks.push_back({data, size, begin + size});
    }
  };

  std::shared_ptr<const state> state_;
};

} // namespace rdma
