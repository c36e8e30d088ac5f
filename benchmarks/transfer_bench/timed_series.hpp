// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <chrono>

namespace transfer_bench {

/// Calls `transfer` with the slots of `x` in turn, one after the other.
template <class F>
samples timed_series(const work& x, F transfer) {
  using clock = std::chrono::steady_clock;
  samples result;
  result.us.reserve(x.count);
  auto start = clock::now();
  auto last = start;
  for (size_t i = 0; i < x.count; ++i) {
    transfer(i % x.outstanding);
    auto now = clock::now();
    result.us.push_back(
      std::chrono::duration<double, std::micro>(now - last).count());
    last = now;
  }
  result.seconds = std::chrono::duration<double>(last - start).count();
  return result;
}

} // namespace transfer_bench
