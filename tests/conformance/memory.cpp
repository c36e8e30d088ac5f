// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <algorithm>
#include <random>

namespace rdma_conformance {

memory::memory(const std::vector<size_t>& sizes, uint64_t seed) {
  std::minstd_rand rng{static_cast<unsigned>(seed)};
  for (auto size : sizes) {
    auto& x = add(size, seed != 0 ? where.sources : where.destinations);
    if (seed != 0)
      std::ranges::generate(x.view, [&rng] {
        return static_cast<std::byte>(rng() >> 8);
      });
  }
}

memory::memory(const memory& other) {
  for (auto& x : other.blocks_)
    std::ranges::copy(x.view, add(x.view.size(), x.where).view.begin());
}

memory::block& memory::add(size_t size, rdma::device where) {
  if (where != rdma::cpu) {
    auto x = gpus()->allocate(where, size);
    return blocks_.emplace_back(x->address(), x->view(), where, x);
  }
  auto x = std::make_shared<std::vector<std::byte>>(size);
  return blocks_.emplace_back(x->data(), std::span{*x}, where, x);
}

rdma::descriptor_list memory::describe() const {
  rdma::descriptor_list result;
  for (auto& x : blocks_)
    result.emplace_back(x.address, x.view.size(), x.where, x.owner);
  return result;
}

void memory::reclaim() {
  for (auto& x : blocks_)
    std::ranges::fill(x.view, poison);
}

bool memory::reclaimed() const {
  return std::ranges::all_of(blocks_, [](auto& x) {
    return std::ranges::all_of(x.view,
                               [](auto y) { return y == memory::poison; });
  });
}

bool operator==(const memory& x, const memory& y) {
  return std::ranges::equal(x.blocks_, y.blocks_, [](auto& a, auto& b) {
    return std::ranges::equal(a.view, b.view);
  });
}

} // namespace rdma_conformance
