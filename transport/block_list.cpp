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
    result->add(x.data(), x.size());
  result->owners = std::move(xs);
  state_ = std::move(result);
}

block_list block_list::select(const selection& xs) const {
  if (xs.empty())
    return *this;
  auto part = std::make_shared<state>();
  part->whole = state_;
  part->blocks.reserve(block_count(xs));
  for (auto& x : xs)
    for (uint64_t i = 0; i < x.count; ++i)
      part->add(state_->blocks[x.descriptor].data + x.offset + i * x.stride,
                x.length);
  block_list result;
  result.state_ = std::move(part);
  return result;
}

} // namespace rdma
