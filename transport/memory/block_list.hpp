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

/// What a transfer between memory and the same memory is told.
inline constexpr const char* same_memory
  = "the source and the destination overlap";

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

  /// True if some of the memory is a GPU's: then the CPU must not touch it.
  bool on_device() const noexcept {
    return state_ != nullptr && state_->on_device;
  }

  /// True if some byte of memory belongs to both lists.
  friend bool overlap(const block_list& x, const block_list& y);

  /// Calls `f(std::span<std::byte>)` for each piece of memory behind
  /// `[offset, offset + length)`, which must lie within the list.
  template <class F>
  void for_each(uint64_t offset, uint64_t length, F f) const {
    for_each_placed(offset, length,
                    [&f](std::span<std::byte> x, device) { f(x); });
  }

  /// The same with `f(std::span<std::byte>, device)`.
  template <class F>
  void for_each_placed(uint64_t offset, uint64_t length, F f) const {
    walk(offset, length, [&f](std::span<std::byte> x, device where) {
      f(x, where);
      return true;
    });
  }

  /// Calls `f(std::span<std::byte>)` for each piece of memory in turn, until it
  /// returns false.
  template <class F>
  void for_each_until(uint64_t offset, uint64_t length, F f) const {
    walk(offset, length, [&f](std::span<std::byte> x, device) { return f(x); });
  }

  /// Returns the memory of a range that lies in one block; otherwise nothing.
  std::span<std::byte> only_piece(uint64_t offset, uint64_t length) const {
    std::span<std::byte> result;
    for_each_until(offset, length, [&](std::span<std::byte> x) {
      if (x.size() == length)
        result = x;
      return false;
    });
    return result;
  }

private:
  template <class F>
  void walk(uint64_t offset, uint64_t length, F f) const {
    if (length == 0)
      return;
    auto i = std::upper_bound(state_->blocks.begin(), state_->blocks.end(),
                              offset, [](uint64_t pos, const block& x) {
                                return pos < x.end;
                              });
    for (; length > 0; ++i) {
      auto left = i->end - offset;
      auto n = std::min(length, left);
      if (!f(std::span{i->data + (i->size - left), static_cast<size_t>(n)},
             i->where))
        return;
      offset += n;
      length -= n;
    }
  }

  struct block {
    std::byte* data;
    uint64_t size;
    uint64_t end; // the sum of the sizes up to here
    device where;
  };

  struct state {
    descriptor_list owners;
    std::shared_ptr<const state> whole; // of a selection
    std::vector<block> blocks;          // not empty
    bool on_device = false;

    void add(std::byte* data, uint64_t size, device where) {
      auto begin = blocks.empty() ? 0 : blocks.back().end;
      blocks.push_back({data, size, begin + size, where});
      on_device = on_device || where != cpu;
    }
  };

  std::shared_ptr<const state> state_;
};

} // namespace rdma
