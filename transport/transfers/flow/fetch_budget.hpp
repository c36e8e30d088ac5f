// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"

#include <chrono>
#include <cstdint>
#include <deque>

namespace rdma {

/// Bounds the bytes that one peer may have on their way to us. UCX sends in the
/// order of posting and cannot overtake: a small transfer waits behind all that
/// we have asked for, and so does a heartbeat, and the end of a cancelled
/// transfer.
///
/// What a fetch takes longer than the quickest one it has spent in a queue. The
/// bound grows until about one fetch is queued behind another, and shrinks if
/// it is more, as TCP Vegas does (Brakmo and Peterson, 1995): a long, fat link
/// is given what it carries, a short one not much more than two fetches. It is
/// halved if fetches take so long that heartbeats are at risk. One fetch is
/// always permitted.
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
    return idle() || in_flight_ + bytes <= limit_;
  }

  /// True if nothing is in flight.
  bool idle() const noexcept {
    return in_flight_ == 0;
  }

  /// Bytes that may be in flight.
  uint64_t limit() const noexcept {
    return limit_;
  }

  // -- events ----------------------------------------------------------------

  void posted(uint64_t bytes, time_point now);

  void done(uint64_t bytes, time_point now);

private:
  void set_limit(uint64_t at_least, uint64_t value);

  /// Adapts to a fetch that was not slow.
  void adapt(uint64_t bytes, time_point::duration took);

  uint64_t most_;
  caf::timespan slow_;
  uint64_t limit_;
  uint64_t in_flight_ = 0;
  // Fetches end in about the order of their posting.
  std::deque<time_point> posts_;
  time_point::duration quickest_ = time_point::duration::max();
  time_point last_cut_ = time_point::min();
};

} // namespace rdma
