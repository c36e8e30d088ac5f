// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/worker_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <sstream>

namespace rdma_test {

namespace {

constexpr std::byte poison_byte{0xEE};

/// The bytes of a pattern, one after the other.
class pattern {
public:
  explicit pattern(uint64_t seed) : x_(seed * 0x9E3779B97F4A7C15u + 1) {
    // nop
  }

  std::byte next() {
    x_ = x_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::byte>(x_ >> 56);
  }

private:
  uint64_t x_;
};

/// Returns the number of the first byte for which `f` is false.
template <class Blocks, class F>
std::optional<size_t> first_not(const Blocks& blocks, F f) {
  size_t n = 0;
  for (auto& block : blocks)
    for (auto b : block.view) {
      if (!f(b))
        return n;
      ++n;
    }
  return std::nullopt;
}

} // namespace

std::shared_ptr<rdma::test::fenced_space> gpus() {
  static auto result = std::getenv("RDMA_TEST_GPU") != nullptr
                         ? std::make_shared<rdma::test::fenced_space>()
                         : nullptr;
  return result;
}

worker_memory::worker_memory(const std::string& sizes) {
  std::vector<size_t> all;
  if (auto x = sizes.find('x'); x != std::string::npos) {
    all.assign(std::stoul(sizes.substr(x + 1)), std::stoul(sizes));
  } else {
    std::istringstream in{sizes};
    for (std::string size; std::getline(in, size, ',');)
      all.push_back(std::stoul(size));
  }
  if (auto space = gpus()) {
    // One for all: the kernel has a limit for mappings.
    auto total = std::accumulate(all.begin(), all.end(), size_t{0});
    auto x = space->allocate(rdma::cuda(0), total);
    size_t offset = 0;
    for (auto size : all) {
      blocks_.push_back({x->address() + offset, x->view().subspan(offset, size),
                         rdma::cuda(0), x});
      offset += size;
    }
  } else {
    for (auto size : all) {
      auto x = std::make_shared<std::vector<std::byte>>(size);
      blocks_.push_back({x->data(), std::span{*x}, rdma::cpu, x});
    }
  }
}

rdma::descriptor_list worker_memory::describe() const {
  rdma::descriptor_list result;
  for (auto& x : blocks_)
    result.emplace_back(x.address, x.view.size(), x.where, x.owner);
  return result;
}

void worker_memory::fill(uint64_t seed) {
  pattern expected{seed};
  for (auto& x : blocks_)
    std::ranges::generate(x.view, [&expected] { return expected.next(); });
}

std::optional<size_t> worker_memory::first_unlike(uint64_t seed) const {
  pattern expected{seed};
  return first_not(blocks_,
                   [&expected](std::byte x) { return x == expected.next(); });
}

void worker_memory::poison() {
  for (auto& x : blocks_)
    std::ranges::fill(x.view, poison_byte);
}

std::optional<size_t> worker_memory::first_not_poisoned() const {
  return first_not(blocks_, [](std::byte x) { return x == poison_byte; });
}

size_t worker_memory::size() const {
  size_t result = 0;
  for (auto& x : blocks_)
    result += x.view.size();
  return result;
}

} // namespace rdma_test
