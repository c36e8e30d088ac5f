// SPDX-License-Identifier: BSD-3-Clause

#include "pattern.hpp"

#include "memory.hpp"

#include <algorithm>

namespace transfer_bench {

namespace {

constexpr size_t edge = 4096;

/// Calls `f` with each byte and what it should be.
template <class F>
void for_each_byte(const work& x, unsigned seed, F f) {
  for (size_t slot = 0; slot < x.outstanding; ++slot) {
    size_t block = 0;
    for (auto bytes : memory_blocks(slot, x)) {
      ++block;
      auto n = std::min(edge, bytes.size());
      for (auto part : {bytes.first(n), bytes.last(n)})
        for (auto& b : part) {
          auto offset = static_cast<size_t>(&b - bytes.data());
          f(b, static_cast<std::byte>(seed + 7 * block + offset % 251));
        }
    }
  }
}

} // namespace

void fill_pattern(const work& x, unsigned seed) {
  for_each_byte(x, seed, [](std::byte& b, std::byte value) { b = value; });
}

bool check_pattern(const work& x, unsigned seed) {
  auto result = true;
  for_each_byte(x, seed, [&result](std::byte& b, std::byte value) {
    result = result && b == value;
  });
  return result;
}

} // namespace transfer_bench
