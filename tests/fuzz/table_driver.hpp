// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/fuzz/input.hpp"
#include "caf_rdma/tests/fuzz/table_owners.hpp"
#include "caf_rdma/tests/fuzz/table_parts.hpp"
#include "caf_rdma/transport/lanes/local/exposure.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace rdma::fuzz {

/// Lets the bytes of an input decide what happens to a transfer table: what its
/// owners grant and withdraw, what two peers send, in which order the lanes let
/// go, and when links die. Checks what must hold whatever happens.
class table_driver {
public:
  explicit table_driver(input in);

  void run();

private:
  enum class role { absent, sink, readable, source, pool, library };

  /// A transfer of ours, or a standing grant: peers write to a pool and read
  /// from a library.
  struct slot {
    role what = role::absent;
    arena memory;
    uint64_t total = 0;
    token secret;
    uint64_t claimed = 0; // bytes of the last claim on a standing grant
    size_t pending = 0;   // withdrawals of a standing grant, and its claims
    transfer_key key;     // of a source or of a sink for one transfer
    bool offering = false;
    bool withdrawn = false;
    std::optional<std::vector<std::byte>> kept; // since the answer

    bool standing() const {
      return what == role::pool || what == role::library;
    }

    /// Every byte has landed: the pattern has no zeros.
    bool full() const {
      auto xs = memory.content();
      return std::ranges::find(xs, std::byte{}) == xs.end();
    }
  };

  // -- steps -----------------------------------------------------------------

  void step();

  void settle();

  void fail_link(tame_link& x);

  // -- what owners do --------------------------------------------------------

  void install(size_t i);

  void answer_reader(slot& x, size_t i);

  /// Installs a standing grant.
  void grant(size_t i, bool writable);

  /// Ends a claim on a standing grant, as its owner does whose lease has not.
  void end_claim(slot& x, size_t i);

  /// The owner has heard that a part of what it has withdrawn is over.
  void note_answer(slot& x);

  /// Ends a standing grant and all of its claims.
  void revoke(slot& x, size_t i);

  void withdraw(slot& x, size_t i);

  void on_landed(slot& x, uint64_t bytes);

  // -- what peers do ---------------------------------------------------------

  void offer_chunk(bool rendezvous);

  /// Offers a chunk in place, out of memory of the peer.
  void offer_in_place();

  /// Ends such an offer: the peer's memory is somebody else's.
  void break_seal();

  selection any_blocks();

  frame any_claim(tame_link& from);

  void send_frame();

  slot& any_slot();

  tame_link& any_link_up();

  transfer_id any_transfer();

  token secret_of(const slot& x);

  // -- the end ---------------------------------------------------------------

  void drain();

  void let_everything_go();

  void check_kept() const;

  /// What a peer's memory holds that is not offered any more.
  static constexpr std::byte stale{0xDB};

  /// Memory of a peer that is, or was, offered in place.
  struct offered_memory {
    std::vector<std::byte> bytes;
    local::exposure exposed;
  };

  static transport_options draw_options(input& in);

  tame_link* find(link_id id);

  // -- member variables ------------------------------------------------------

  input in_;
  owners& owners_;
  bool abandon_; // at the end, as a transport does that is killed
  std::array<slot, owners::count> slots_;
  tame_lane lane_;
  local::cell_pool cells_;
  std::deque<offered_memory> offered_;
  local_lane local_lane_{3};
  std::deque<tame_link> links_; // the last two are up
  transfer_table table_;
};

} // namespace rdma::fuzz
