// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace rdma_sim {

/// From now on `getrandom` draws from a generator with that seed, in the whole
/// process: tokens, and with them the order in which the library's tables are
/// walked, are the same in each replay of a schedule.
void seed_randomness(uint64_t seed);

} // namespace rdma_sim
