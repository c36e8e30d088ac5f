// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace rdma {

/// What the transfers of one transport have done so far, and what they wait for
/// now.
struct transfer_statistics {
  // -- sums ------------------------------------------------------------------

  uint64_t chunks_offered = 0;
  uint64_t bytes_offered = 0;
  uint64_t chunks_landed = 0;
  uint64_t bytes_landed = 0;
  /// Entries of tables that were looked at: for a turn, an end, a message. What
  /// an event costs, apart from the bytes.
  uint64_t steps = 0;

  // -- at the moment ---------------------------------------------------------

  /// Chunks that wait here to be offered, for credit or for room.
  uint64_t chunks_waiting = 0;
  /// Chunks that wait at their sources, for us to fetch them.
  uint64_t chunks_held = 0;
  /// Bytes that are being fetched over a network.
  uint64_t bytes_fetching = 0;
};

} // namespace rdma
