// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/frame.hpp"
#include "caf_rdma/transport/lane.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>

namespace rdma {

/// Fetches from processes of this host by reading their memory, piece by piece.
/// The bytes of a piece stay only if the source had not taken its memory back
/// when they had been read: a destination never keeps what it was not meant to
/// get.
class local_lane : public lane {
public:
  // -- construction, destruction ---------------------------------------------

  /// Reads about `piece_size` bytes at a time; everything else waits for so
  /// long.
  explicit local_lane(size_t piece_size);

  ~local_lane() override;

  // -- operations ------------------------------------------------------------

  /// Names the chunk that process `source` offers in place. If that is 0, a
  /// peer does what was not agreed on: the fetch will fail.
  held_bytes hold(pid_t source, const offer& what);

  /// Reads about `piece_size` bytes: a piece of the fetch whose turn it is, or
  /// of several if they are small. What has ended can be acknowledged before
  /// the others move on. Returns the number of pieces.
  size_t progress();

  /// Somebody has waited for `progress`: reads less at a time for some rounds.
  void share() noexcept {
    shared_rounds_ = max_shared_rounds;
  }

  bool idle() const noexcept {
    return busy() == 0;
  }

  /// Number of fetches that have not ended.
  size_t busy() const noexcept;

  // -- overrides of lane -----------------------------------------------------

  bool crosses_network() const noexcept override {
    return false;
  }

  held_bytes split(held_bytes& x, uint64_t length) override;

  void fetch(held_bytes from, const block_list& target, uint64_t offset,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override;

  void drop(held_bytes x) override;

  void stop(const token& secret) override;

  bool refused(ucs_status_t status) const override;

  caf::error explain(ucs_status_t status) const override;

private:
  class pull;

  using pull_ptr = std::unique_ptr<pull>;

  // Who asks again and again does so well within this many rounds.
  static constexpr size_t max_shared_rounds = 16;

  // A piece is so much smaller then: a compromise between the bandwidth of the
  // one and the latency of the others.
  static constexpr size_t sharing_factor = 8;

  /// Those of the highest priority.
  std::deque<pull_ptr>& highest() noexcept;

  size_t piece_size_;
  size_t shared_rounds_ = 0;
  std::unordered_map<void*, pull_ptr> held_;
  std::array<std::deque<pull_ptr>, priority_count> pulls_;
};

} // namespace rdma
