// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rdma {

/// The concatenation of a list of descriptors, addressed by offset. Keeps the
/// owners of the memory alive.
class block_list {
public:
  block_list() = default;

  explicit block_list(descriptor_list xs) : blocks_(std::move(xs)) {
    ends_.reserve(blocks_.size());
    for (auto& x : blocks_)
      ends_.push_back(size() + x.size());
  }

  /// Bytes.
  uint64_t size() const noexcept {
    return ends_.empty() ? 0 : ends_.back();
  }

  /// Calls `f(std::span<std::byte>)` for each piece of memory behind
  /// `[offset, offset + length)`, which must lie within the list.
  template <class F>
  void for_each(uint64_t offset, uint64_t length, F f) const {
    auto i = std::upper_bound(ends_.begin(), ends_.end(), offset)
             - ends_.begin();
    while (length > 0) {
      auto& block = blocks_[i];
      auto skip = offset - (ends_[i] - block.size());
      auto n = std::min(length, block.size() - skip);
      f(std::span{block.data() + skip, static_cast<size_t>(n)});
      offset += n;
      length -= n;
      ++i;
    }
  }

private:
  descriptor_list blocks_;
  std::vector<uint64_t> ends_;
};

} // namespace rdma
