// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/transfers/inbound.hpp"
#include "caf_rdma/transport/transfers/outbound.hpp"
#include "caf_rdma/transport/transfers/owner_table.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace rdma {

/// What the bytes of GPUs pass through; null if there are no GPUs.
struct staging_rooms {
  staging* out = nullptr;
  staging* in = nullptr;
};

/// The transfers of one transport, whatever its links are made of: what was
/// granted, what is being offered, and who hears of it.
class transfer_table {
public:
  // -- types -----------------------------------------------------------------

  /// Returns a link that is up, or nullptr.
  using link_finder = std::function<link*(link_id)>;

  // -- constants -------------------------------------------------------------

  /// Owners to tell in a round that their link has failed, so that others get
  /// their turn.
  static constexpr size_t max_told = 1024;

  // -- construction ----------------------------------------------------------

  /// `on_arrival` is called for each fetched chunk: a sign of life of the peer.
  /// `room` is what the bytes of GPUs pass through.
  transfer_table(const transport_options& options, link_finder find,
                 std::function<void(link_id)> on_arrival,
                 inbound::clock now = std::chrono::steady_clock::now,
                 staging_rooms room = {});

  // -- requests of owners ----------------------------------------------------

  void install(sink x);

  void install(standing_grant x) {
    inbound_.install(std::move(x));
  }

  void start(source x);

  /// Calls `released` once nothing touches the owner's memory any more.
  void withdraw(const withdrawal& x, std::function<void()> released);

  /// Sends a frame about a transfer; drops it if the link is down. If a source
  /// wants to end that the peer has never heard of, it ends here and now.
  void send(frame x);

  // -- links -----------------------------------------------------------------

  /// The link is about to go: all its transfers are over. `settle` tells their
  /// owners.
  void fail(link_id id, const caf::error& reason);

  /// True if some of these have not been told.
  bool telling() const noexcept {
    return inbound_.telling() || outbound_.telling();
  }

  /// Forgets who waits for a withdrawal, and drops held chunks.
  void abandon();

  // -- what peers say --------------------------------------------------------

  /// Takes offers; see there for what is allowed inside UCX's progress.
  inbound& grants() noexcept {
    return inbound_;
  }

  /// Hands any other frame about a transfer to whom it concerns; takes claims
  /// out of theirs.
  void receive(link& from, frame& x);

  // -- properties ------------------------------------------------------------

  transfer_statistics statistics() const {
    transfer_statistics result;
    inbound_.add_to(result);
    outbound_.add_to(result);
    return result;
  }

  // -- work between two calls to UCX's progress ------------------------------

  /// Fetches, refuses and offers what is due, and tells about `most` owners
  /// that their link has failed. Returns the links that a failed fetch has
  /// shown to be broken: they must be closed.
  std::vector<std::pair<link_id, caf::error>> settle(size_t most = max_told);

  /// Takes the links whose peers' memory we may not read any more; the peers
  /// must be told before `settle` asks them for what was offered there.
  std::vector<std::pair<link_id, caf::error>> take_refused() {
    return inbound_.take_refused();
  }

  /// True if `settle` has something to do.
  bool ready() const noexcept {
    return inbound_.ready() || outbound_.ready();
  }

private:
  bool down(const transfer_key& key, const transfer_owner& owner) const;

  /// Replaces a COMPLETE that cannot be true.
  void doubt(const transfer_key& key, transfer_ended& verdict) const;
  /// A source is told before the sink that it serves: it knows more.
  void tell(size_t most);

  /// Ends a source by the destination's word, if its lane has let go of the
  /// memory.
  bool settle(const transfer_key& key, const transfer_ended& verdict);

  void send_verdicts();

  void send_claim(const transfer_key& key, claim x);

  link_finder find_;
  owner_table routes_;
  inbound inbound_;
  outbound outbound_;
};

} // namespace rdma
