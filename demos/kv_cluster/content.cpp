// SPDX-License-Identifier: BSD-3-Clause

#include "content.hpp"

#include <algorithm>
#include <cstring>

namespace kv_cluster {

namespace {

/// The words of a block, one after the other (SplitMix64).
class words {
public:
  explicit words(block_id id) : state_(id * 0x9E3779B97F4A7C15u) {
    // nop
  }

  uint64_t next() {
    auto x = state_ += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

private:
  uint64_t state_;
};

/// Calls `f(part, word)` for each word's part of the block until it returns
/// false.
template <class Byte, class F>
bool for_each_word(block_id id, std::span<Byte> block, F f) {
  words all{id};
  while (!block.empty()) {
    auto part = block.first(std::min(block.size(), sizeof(uint64_t)));
    if (!f(part, all.next()))
      return false;
    block = block.subspan(part.size());
  }
  return true;
}

} // namespace

void fill(block_id id, std::span<std::byte> block) {
  for_each_word(id, block, [](std::span<std::byte> to, uint64_t word) {
    std::memcpy(to.data(), &word, to.size());
    return true;
  });
}

bool check(block_id id, std::span<const std::byte> block) {
  return for_each_word(id, block,
                       [](std::span<const std::byte> from, uint64_t word) {
                         return std::memcmp(from.data(), &word, from.size())
                                == 0;
                       });
}

} // namespace kv_cluster
