// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/randomness.hpp"

#include "caf_rdma/messages/worker_info.hpp"

#include <sys/random.h>

#include <cstring>
#include <mutex>
#include <random>

namespace {

std::mutex mutex;
std::mt19937_64 engine;
uint64_t draws = 0;

} // namespace

// Takes the place of libc's.
extern "C" ssize_t getrandom(void* data, size_t size, unsigned) noexcept {
  std::lock_guard guard{mutex};
  ++draws;
  auto* out = static_cast<unsigned char*>(data);
  for (size_t i = 0; i < size; ++i)
    out[i] = static_cast<unsigned char>(engine());
  return static_cast<ssize_t>(size);
}

namespace rdma_sim {

// The library has drawn in advance: what is left of that must go first.
void seed_randomness(uint64_t seed) {
  auto before = draws;
  engine.seed(seed);
  while (draws == before)
    rdma::make_random_id();
}

} // namespace rdma_sim
