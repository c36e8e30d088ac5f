// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/block_list.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

namespace rdma {

namespace {

/// A range of addresses; a GPU's need not be those of another, or of the CPU.
struct range {
  device where;
  uintptr_t begin;
  uintptr_t end;

  friend bool operator<(const range& x, const range& y) noexcept {
    return std::tie(x.where, x.begin) < std::tie(y.where, y.begin);
  }
};

using ranges = std::vector<range>;

void order(ranges& xs) {
  if (!std::is_sorted(xs.begin(), xs.end()))
    std::sort(xs.begin(), xs.end());
}

/// True if all of `xs` lies before all of `ys`, whatever their order.
bool all_before(const ranges& xs, const ranges& ys) {
  uintptr_t end = 0;
  for (auto& x : xs)
    end = std::max(end, x.end);
  return std::all_of(ys.begin(), ys.end(),
                     [end](const range& y) { return y.begin >= end; });
}

} // namespace

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

bool overlap(const block_list& x, const block_list& y) {
  auto all = [](const block_list& from) {
    ranges result;
    result.reserve(from.count());
    auto add = [&result](std::span<std::byte> piece, device where) {
      auto begin = reinterpret_cast<uintptr_t>(piece.data());
      result.push_back({where, begin, begin + piece.size()});
    };
    from.for_each_placed(0, from.size(), add);
    return result;
  };
  auto xs = all(x);
  auto ys = all(y);
  if (all_before(xs, ys) || all_before(ys, xs))
    return false;
  order(xs);
  order(ys);
  auto i = xs.begin();
  auto j = ys.begin();
  while (i != xs.end() && j != ys.end()) {
    if (i->where == j->where && i->begin < j->end && j->begin < i->end)
      return true;
    if (*i < *j)
      ++i;
    else
      ++j;
  }
  return false;
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
