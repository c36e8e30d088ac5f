// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/options.hpp"

#include <chrono>
#include <cstdint>
#include <deque>

namespace rdma {

/// Bounds the bytes that one peer may have on their way to us by what the link
/// carries in a fraction of the heartbeat's limit. UCX sends in the order of
/// posting and cannot overtake: a heartbeat waits behind all that we have asked
/// for, and so does the end of a cancelled transfer.
///
/// Grows while fetches are quick and the bound is felt, halves when they are
/// slow. One fetch is always permitted.
class fetch_budget {
public:
  // -- types and constants ---------------------------------------------------

  using time_point = std::chrono::steady_clock::time_point;

  /// Where each link begins, in bytes.
  static constexpr uint64_t least = uint64_t{256} << 10;

  // -- construction ----------------------------------------------------------

  explicit fetch_budget(const transport_options& options);

  // -- properties ------------------------------------------------------------

  bool permits(uint64_t bytes) const noexcept {
    return in_flight_ == 0 || in_flight_ + bytes <= limit_;
  }

  /// Bytes that may be in flight.
  uint64_t limit() const noexcept {
    return limit_;
  }

  // -- events ----------------------------------------------------------------

  void posted(uint64_t bytes, time_point now);

  void done(uint64_t bytes, time_point now);

private:
  uint64_t most_;
  caf::timespan slow_;
  uint64_t limit_;
  uint64_t in_flight_ = 0;
  // Fetches end in about the order of their posting.
  std::deque<time_point> posts_;
  time_point last_cut_ = time_point::min();
};

} // namespace rdma
