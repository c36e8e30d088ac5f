// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rdma::local {

/// Where the memory of one transfer is, and whether it is still offered. Peers
/// on this host read it with process_vm_readv: its layout is part of the
/// protocol version that a hello names.
struct source_cell {
  /// A random number while the memory is offered, 0 otherwise.
  std::atomic<uint64_t> seal;
  uint64_t run_count;
  uint64_t runs; // address of the `memory_run`s
};

static_assert(sizeof(source_cell) == 24);
static_assert(offsetof(source_cell, seal) == 0);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

} // namespace rdma::local
