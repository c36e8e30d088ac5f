// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/base/intrusive_list.hpp"
#include "caf_rdma/transport/lanes/lane.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
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
  size_t busy() const noexcept {
    return busy_;
  }

  /// Bytes that the lists of blocks of sources take: one for each transfer that
  /// is being fetched, unless it is one block.
  uint64_t list_bytes() const noexcept;

  /// Fetches that were looked at so far: for a turn, or an end.
  uint64_t steps() const noexcept {
    return steps_;
  }

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

  class source_list;

  struct by_secret;

  using pull_ptr = std::unique_ptr<pull>;

  // Process, cell, seal and bytes of a transfer.
  using list_key = std::array<uint64_t, 4>;

  // Who asks again and again does so well within this many rounds.
  static constexpr size_t max_shared_rounds = 16;

  // A piece is so much smaller then: a compromise between the bandwidth of the
  // one and the latency of the others.
  static constexpr size_t sharing_factor = 8;

  // Pieces to read in a round, however small.
  static constexpr size_t max_pieces = 256;

  /// Those of the highest priority.
  std::list<pull_ptr>& highest() noexcept;

  /// Takes a fetch out that is about to end.
  pull_ptr take(pull& x);

  size_t piece_size_;
  size_t shared_rounds_ = 0;
  std::unordered_map<void*, pull_ptr> held_;
  std::map<list_key, source_list> lists_; // of fetches below
  std::array<std::list<pull_ptr>, priority_count> pulls_;
  std::unordered_map<token, intrusive_list<pull, by_secret>> by_secret_;
  size_t busy_ = 0;
  uint64_t steps_ = 0;
};

} // namespace rdma
