// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rdma::local {

/// One block of a source's memory, as its own process addresses it.
struct source_block {
  uint64_t address;
  uint64_t size; // bytes
};

/// Where the memory of one transfer is, and whether it is still offered. Peers
/// on this host read it with process_vm_readv: its layout is part of the format
/// version that a hello names.
struct source_cell {
  /// A random number while the memory is offered, 0 otherwise.
  std::atomic<uint64_t> seal;
  uint64_t block_count;
  uint64_t blocks; // address of the blocks
};

static_assert(sizeof(source_cell) == 24);
static_assert(offsetof(source_cell, seal) == 0);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

} // namespace rdma::local
