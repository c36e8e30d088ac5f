// SPDX-License-Identifier: BSD-3-Clause

#include "spin_wait.hpp"

#include "caf_rdma/options/runtime_options.hpp"

namespace transfer_bench {

namespace {

/// Idle rounds between two looks at the clock, as in the library's loop.
constexpr size_t spin_stride = 16;

const auto spin = rdma::runtime_options{}.spin;

} // namespace

bool spin_wait::tired() {
  if (mode_ == loop_mode::polling || idle_rounds_++ % spin_stride != 0)
    return false;
  auto now = std::chrono::steady_clock::now();
  if (idle_rounds_ == 1)
    idle_since_ = now;
  if (now - idle_since_ < spin)
    return false;
  idle_rounds_ = 0;
  return true;
}

} // namespace transfer_bench
