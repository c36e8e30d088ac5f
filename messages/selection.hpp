// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace rdma {

/// Equal blocks at equal distances within one descriptor: a single block, the
/// rows of a tile, every n-th page of a pool.
struct block_run {
  /// Index in the list of descriptors.
  uint32_t descriptor = 0;
  /// Blocks, at least 1.
  uint32_t count = 1;
  /// Where the first block begins in the descriptor, in bytes.
  uint64_t offset = 0;
  /// Bytes of each block, at least 1.
  uint64_t length = 0;
  /// Bytes from the beginning of a block to the beginning of the next, at least
  /// `length`. Means nothing if there is only one.
  uint64_t stride = 0;

  friend bool operator==(const block_run&, const block_run&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, block_run& x) {
  return f.object(x).fields(f.field("descriptor", x.descriptor),
                            f.field("count", x.count),
                            f.field("offset", x.offset),
                            f.field("length", x.length),
                            f.field("stride", x.stride));
}

/// Parts of a list of descriptors, in the order in which their bytes travel.
/// Empty: all of it.
using selection = std::vector<block_run>;

/// Runs that a selection may have: what an event costs grows with them.
inline constexpr uint64_t max_selected_runs = uint64_t{1} << 17;

/// Blocks that one selection may name.
inline constexpr uint64_t max_selected_blocks = uint64_t{1} << 20;

/// Adds the block to the selection, to its last run if that goes on here.
void add_block(selection& xs, uint32_t descriptor, uint64_t offset,
               uint64_t length);

/// What a selection names, counted while it is checked.
struct selection_sum {
  size_t runs = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;
};

/// Checks that each run lies within the descriptor that it names, whose sizes
/// are given, and that there are not too many, those of `sum` included. Adds
/// them to `sum`. Returns `bad_selection`.
caf::error check(std::span<const block_run> xs,
                 const std::vector<uint64_t>& sizes, selection_sum& sum);

/// Checks a whole selection.
caf::error check(const selection& xs, const std::vector<uint64_t>& sizes);

/// Returns the bytes that a selection that was checked names; not for an empty
/// one.
uint64_t total_size(const selection& xs) noexcept;

/// Returns the number of blocks of a selection that was checked.
uint64_t block_count(const selection& xs) noexcept;

/// What an active operation moves: parts of its own memory from or to parts of
/// the peer's. Both have the same number of bytes, and may be cut differently.
struct block_map {
  selection local;
  selection remote;

  bool empty() const noexcept {
    return local.empty() && remote.empty();
  }

  /// Adds a block of each side.
  void add(uint32_t remote_descriptor, uint64_t remote_offset,
           uint32_t local_descriptor, uint64_t local_offset, uint64_t length) {
    add_block(remote, remote_descriptor, remote_offset, length);
    add_block(local, local_descriptor, local_offset, length);
  }

  friend bool operator==(const block_map&, const block_map&) = default;
};

} // namespace rdma
