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

/// The blocks, or the runs with what lies between their blocks.
enum class grain { block, run };

ranges ranges_of(const block_list& xs, grain size) {
  ranges result;
  if (size == grain::run && !xs.on_device()) {
    result.reserve(xs.runs().size());
    for (auto& x : xs.runs())
      result.push_back(
        {cpu, x.address, x.address + (x.count - 1) * x.stride + x.length});
    return result;
  }
  result.reserve(xs.count());
  xs.for_each_placed(0, xs.size(), [&](std::span<std::byte> x, device where) {
    auto begin = reinterpret_cast<uintptr_t>(x.data());
    result.push_back({where, begin, begin + x.size()});
  });
  return result;
}

} // namespace

// -- construction ------------------------------------------------------------

void block_list::state::add(memory_run x, device where) {
  if (x.count == 1 || x.stride == x.length)
    x = {x.address, x.length * x.count, 0, 1};
  auto begin = ends.empty() ? 0 : ends.back();
  if (where != cpu && devices.empty())
    devices.resize(runs.size(), cpu);
  if (where != cpu || !devices.empty())
    devices.push_back(where);
  runs.push_back(x);
  ends.push_back(begin + x.length * x.count);
  count += x.count;
}

block_list::builder::builder() : state_(std::make_shared<state>()) {
  // nop
}

block_list::builder::builder(const block_list& whole) : builder() {
  state_->whole = whole.state_;
}

void block_list::builder::reserve(size_t runs) {
  state_->runs.reserve(runs);
  state_->ends.reserve(runs);
}

void block_list::builder::select(std::span<const block_run> xs) {
  auto& [owners, whole, runs, ends, devices, count] = *state_->whole;
  for (auto& x : xs)
    add({runs[x.descriptor].address + x.offset, x.length, x.stride, x.count},
        devices.empty() ? cpu : devices[x.descriptor]);
}

void block_list::builder::add(memory_run x, device where) {
  state_->add(x, where);
}

block_list block_list::builder::build() {
  block_list result;
  if (!state_->runs.empty())
    result.state_ = std::move(state_);
  return result;
}

block_list::block_list(descriptor_list xs) {
  if (xs.empty())
    return;
  auto result = std::make_shared<state>();
  result->runs.reserve(xs.size());
  result->ends.reserve(xs.size());
  for (auto& x : xs)
    result->add({reinterpret_cast<uintptr_t>(x.data()), x.size(), 0, 1},
                x.device());
  result->owners = std::move(xs);
  state_ = std::move(result);
}

block_list block_list::select(const selection& xs) const {
  if (xs.empty())
    return *this;
  builder result{*this};
  result.reserve(xs.size());
  result.select(xs);
  return result.build();
}

// -- properties --------------------------------------------------------------

bool overlap(const block_list& x, const block_list& y) {
  auto xs = ranges_of(x, grain::run);
  auto ys = ranges_of(y, grain::run);
  if (all_before(xs, ys) || all_before(ys, xs))
    return false;
  xs = ranges_of(x, grain::block);
  ys = ranges_of(y, grain::block);
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

} // namespace rdma
