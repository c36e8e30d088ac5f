// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <algorithm>
#include <random>

namespace rdma_conformance {

memory::memory(const std::vector<size_t>& sizes, uint64_t seed) {
  std::minstd_rand rng{static_cast<unsigned>(seed)};
  for (auto size : sizes) {
    auto& x = blocks_.emplace_back(std::make_shared<block>(size));
    if (seed != 0)
      std::ranges::generate(*x, [&rng] {
        return static_cast<std::byte>(rng() >> 8);
      });
  }
}

memory::memory(const memory& other) {
  for (auto& x : other.blocks_)
    blocks_.push_back(std::make_shared<block>(*x));
}

rdma::descriptor_list memory::describe() const {
  rdma::descriptor_list result;
  for (auto& x : blocks_)
    result.emplace_back(x->data(), x->size(), rdma::cpu, x);
  return result;
}

void memory::reclaim() {
  for (auto& x : blocks_)
    std::ranges::fill(*x, poison);
}

bool memory::reclaimed() const {
  return std::ranges::all_of(blocks_, [](auto& x) {
    return std::ranges::all_of(*x, [](auto y) { return y == memory::poison; });
  });
}

bool operator==(const memory& x, const memory& y) {
  return std::ranges::equal(x.blocks_, y.blocks_,
                            [](auto& a, auto& b) { return *a == *b; });
}

} // namespace rdma_conformance
