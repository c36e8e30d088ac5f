// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <algorithm>
#include <random>

namespace rdma_conformance {

memory::memory(const std::vector<size_t>& sizes, uint64_t seed) {
  std::minstd_rand rng{static_cast<unsigned>(seed)};
  for (auto size : sizes) {
    auto& block = blocks_.emplace_back(size);
    if (seed != 0)
      std::ranges::generate(block, [&rng] {
        return static_cast<std::byte>(rng() >> 8);
      });
  }
}

rdma::descriptor_list memory::describe() {
  rdma::descriptor_list result;
  for (auto& block : blocks_)
    result.emplace_back(std::span{block});
  return result;
}

void memory::reclaim() {
  for (auto& block : blocks_)
    std::ranges::fill(block, poison);
}

bool memory::reclaimed() const {
  return std::ranges::all_of(blocks_, [](auto& block) {
    return std::ranges::all_of(block, [](auto x) { return x == poison; });
  });
}

} // namespace rdma_conformance
