// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/block_list.hpp"

#include <utility>

namespace rdma {

block_list::block_list(descriptor_list xs) {
  if (xs.empty())
    return;
  auto result = std::make_shared<state>();
  result->blocks.reserve(xs.size());
  for (auto& x : xs)
    result->add(x.data(), x.size(), x.device());
  result->owners = std::move(xs);
  state_ = std::move(result);
}

block_list block_list::select(const selection& xs) const {
  if (xs.empty())
    return *this;
  auto part = std::make_shared<state>();
  part->whole = state_;
  part->blocks.reserve(block_count(xs));
  for (auto& x : xs) {
    auto& from = state_->blocks[x.descriptor];
    for (uint64_t i = 0; i < x.count; ++i)
      part->add(from.data + x.offset + i * x.stride, x.length, from.where);
  }
  block_list result;
  result.state_ = std::move(part);
  return result;
}

} // namespace rdma
