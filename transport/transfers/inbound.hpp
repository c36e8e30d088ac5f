// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/options/transport_options.hpp"
#include "caf_rdma/transport/base/intrusive_list.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/lanes/lane.hpp"
#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"
#include "caf_rdma/transport/memory/checksum.hpp"
#include "caf_rdma/transport/memory/staging.hpp"
#include "caf_rdma/transport/transfers/flow/fetch_budget.hpp"
#include "caf_rdma/transport/transfers/flow/turn_queue.hpp"
#include "caf_rdma/transport/transfers/grant_table.hpp"
#include "caf_rdma/transport/transfers/owner_table.hpp"
#include "caf_rdma/transport/transfers/transfer_statistics.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rdma {

/// The table of what is granted. Checks every offer against the owner's own
/// record before a byte lands, and fetches what it has accepted. A claim on a
/// standing grant becomes an entry beside those of plain sinks. The bytes for a
/// GPU's memory land in host memory first, and count once they are copied.
///
/// The functions that take offers and claims run inside UCX's progress: they
/// look up, hold or refuse, and enqueue; they never post.
class inbound : public ucx::request_observer {
public:
  // -- types and constants ---------------------------------------------------

  using clock = std::function<fetch_budget::time_point()>;

  /// Secrets of ended grants to remember, so that late peers learn the truth.
  static constexpr size_t max_ended = 4096;

  // -- construction ----------------------------------------------------------

  /// `on_arrival` is called for each fetched chunk: a sign of life of the peer.
  /// `room` is what the bytes for GPUs pass through; null if there are no GPUs.
  inbound(const transport_options& options, owner_table& routes,
          std::function<void(link_id)> on_arrival,
          clock now = std::chrono::steady_clock::now, staging* room = nullptr);

  // -- grants ----------------------------------------------------------------

  void install(sink x);

  void install(standing_grant x) {
    grants_.install(std::move(x));
  }

  /// Returns the transfer that a sink belongs to, `{0, 0}` if there is none.
  transfer_key claimed_by(const token& secret) const;

  /// Accepts no further chunk; calls `released` once no fetch is in flight.
  void withdraw(const withdrawal& x, std::function<void()> released);

  /// The link is about to go: all its transfers are over. Their owners hear of
  /// it from `tell`.
  void fail(link_id id, const caf::error& reason);

  /// Goes on with links that have failed and grants that were revoked: drops
  /// held chunks, and tells owners and peers. Takes about `most` steps.
  void tell(size_t most);

  /// True if `tell` has something to do.
  bool telling() const noexcept {
    return !failing_.empty() || !revoked_.empty();
  }

  /// Forgets who waits for a withdrawal, and drops held chunks.
  void abandon();

  // -- claims and offers (inside UCX's progress) -----------------------------

  /// Takes a claim, or more of one, out of a frame.
  void claimed(link& from, frame& x);

  /// Makes sure that the owner has heard of a claim on a standing grant before
  /// it hears what the peer has to say about it.
  void announce(const transfer_key& key);

  /// Copies a chunk of `length` bytes that is at hand. `pieces` calls its
  /// argument for each part of the data, in order. `source` is the memory of
  /// the transfer if that is our own process's: it must not overlap the target.
  template <class Pieces>
  void take(link& from, const frame& x, size_t length, Pieces pieces,
            const block_list& source = {}) {
    small_traffic_ = true;
    auto* ptr = admit(from, x, length, source);
    if (ptr == nullptr)
      return;
    auto& header = std::get<offer>(x.content);
    if (!ptr->grant.target.on_device()) {
      copy(*ptr, header, pieces);
      return;
    }
    auto bytes = std::make_shared<std::vector<std::byte>>();
    bytes->reserve(length);
    pieces([&bytes](std::span<const std::byte> piece) {
      bytes->insert(bytes->end(), piece.begin(), piece.end());
    });
    keep(*ptr, header, std::move(bytes));
  }

  /// Holds a chunk that waits at the source, to be fetched by `via`. Returns
  /// false if the chunk is refused: then the caller keeps it.
  bool hold(link& from, lane& via, const frame& x, held_bytes what);

  // -- work between two calls to UCX's progress ------------------------------

  /// Fetches held chunks, as far as the budgets of their links allow.
  void fetch();

  /// Returns true once after somebody has asked for something, or has sent a
  /// chunk that was at hand: what others should not have to wait for.
  bool take_small_traffic() {
    return std::exchange(small_traffic_, false);
  }

  /// Takes the sources that standing grants owe to readers.
  std::vector<source> take_sources();

  /// Takes what is to be told to sources: that an offer is refused, or that
  /// every byte has landed.
  std::vector<frame> take_verdicts() {
    return std::exchange(verdicts_, {});
  }

  /// The same to sources that have only done what we have asked for: our own
  /// user has the bytes already.
  std::vector<frame> take_acknowledgements() {
    return std::exchange(acknowledgements_, {});
  }

  /// Takes the links that a failed fetch has shown to be broken.
  std::vector<std::pair<link_id, caf::error>> take_broken() {
    return std::exchange(broken_, {});
  }

  /// Takes the links whose peers' memory this process may not read any more:
  /// what they have offered in place is asked for again.
  std::vector<std::pair<link_id, caf::error>> take_refused() {
    return std::exchange(refused_, {});
  }

  /// Adds what it has done and what it waits for.
  void add_to(transfer_statistics& x) const;

  /// True if one of the functions above has something to do.
  bool ready() const noexcept {
    return runnable_ || !verdicts_.empty() || !acknowledgements_.empty()
           || !broken_.empty() || !refused_.empty() || !sources_.empty()
           || telling() || (staging_ != nullptr && staging_->busy());
  }

  /// True if the bytes that were sent to GPUs unasked pile up: those who can
  /// should wait.
  bool congested() const noexcept {
    return kept_bytes_ > max_kept_bytes;
  }

  void request_done(const ucx::request_tag& tag, size_t length,
                    ucs_status_t status) override;

private:
  // Bytes that lie unasked before a GPU until rings are not read any more.
  static constexpr uint64_t max_kept_bytes = uint64_t{4} << 20;

  // Fetches to begin in a round, so that others get their turn.
  static constexpr size_t max_fetches = 1024;

  /// A fetch that is under way.
  struct fetch_record {
    uint64_t length = 0;
    std::optional<uint32_t> checksum;
    lane* via = nullptr;
    descriptor_list room; // on the way to a GPU: one, otherwise none
    bool passing = false;
  };

  struct entry;

  struct by_link;

  struct by_grant;

  /// The transfers of a link.
  struct traffic {
    intrusive_list<entry, by_link> transfers;
    bool down = false;
    caf::error reason;
  };

  using traffic_map = std::unordered_map<link_id, traffic>;

  /// The claims on a standing grant that its owner has not heard of.
  struct unheard_claims {
    intrusive_list<entry, by_grant> claims;
    bool revoked = false;
    std::function<void()> released; // who waits for their end, if so
  };

  using unheard_map = std::unordered_map<token, unheard_claims>;

  struct entry : list_hook<by_link>, list_hook<by_grant> {
    traffic* home = nullptr; // null if unclaimed, or told that it is over
    unheard_claims* unheard = nullptr; // that it belongs to
    sink grant;
    std::optional<open_claim> part;       // of a standing grant
    std::optional<transfer_claimed> news; // that the owner has not got yet
    uint32_t chunk_size = 0;
    std::vector<bool> seen; // by chunk; a chunk counts once
    std::unordered_map<uint64_t, fetch_record> fetches; // by offset
    uint64_t landed = 0;
    uint64_t told = 0;   // bytes, to the owner: does not go back
    lane* via = nullptr; // of the fetches
    uint64_t fetching = 0;
    uint64_t copying = 0; // chunks between our host memory and a GPU
    bool shown = false;   // the secret, to anybody: somebody may come late
    bool failed = false;
    bool used = false;    // what is COMPLETE counts against the standing grant
    bool refused = false; // it could not be read in place
    bool anew = false;    // the source is to be asked once nothing is in use
    std::function<void()> released; // set once withdrawn

    /// True if we have asked the peer for the bytes.
    bool of_reader() const noexcept {
      return !shown && !part;
    }

    bool over() const noexcept {
      return ended() || revoked() || (home != nullptr && home->down);
    }

    /// True if its grant was revoked before the owner had heard of it.
    bool revoked() const noexcept {
      return unheard != nullptr && unheard->revoked;
    }

    void leave_group() noexcept {
      list_hook<by_grant>::leave();
      unheard = nullptr;
    }

    /// True if the owner knows that it is over.
    bool ended() const noexcept {
      return failed || released != nullptr;
    }

    /// True if the memory is in use.
    bool busy() const noexcept {
      return fetching > 0 || copying > 0;
    }

    /// True if blocks of the claim are still to come.
    bool partly_known() const noexcept {
      return part && part->said->more_blocks > 0;
    }
  };

  struct held_chunk {
    token secret;
    link_id link;
    offer header;
    lane* via;
    held_bytes what;

    /// Leaves it where it is: nothing has been written yet.
    void drop() const {
      via->drop(what);
    }
  };

  /// Returns what the secret stands for in this transfer, or nullptr.
  entry* find(const transfer_key& key, const token& secret);

  /// Returns nullptr if the chunk must not land.
  entry* admit(link& from, const frame& x, size_t length,
               const block_list& source = {});

  /// Counts an entry among the transfers of its link.
  void join(entry& x);

  /// Claims an entry for a transfer, unless another transfer was first.
  errc claim(entry& x, link& from, transfer_id transfer, uint64_t total);

  /// Ends the transfer if its two sides are the same memory, in part.
  bool separate(entry& x, const frame& what, const block_list& source);

  /// Hands a claim to read to the owner of a plain sink, or refuses it.
  void ask_owner(entry& x, link& from, const frame& what);

  /// Opens a claim on a standing grant. Returns nullptr if it is refused.
  entry* open(link& from, const frame& x, rdma::claim said);

  /// Opens the claim that an offer makes which comes without one.
  entry* open_whole(link& from, const frame& x, const offer& header);

  /// Adds to a claim that is not known in full.
  void append(const transfer_key& key, const claim_blocks& x);

  /// Checks what a claim names, and lets it begin if that is all.
  void named(entry& x, const selection& blocks);

  /// Lets a claim begin of which all is known.
  void begin(entry& x);

  /// Goes on with the first of the links that have failed. Returns the number
  /// of steps.
  size_t tell_failing(size_t most);

  /// The same for the grants that were revoked.
  size_t tell_revoked();

  /// Ends a standing grant, and those of its claims that the owner has not
  /// heard of; the others are the owner's to end. Calls `released` once those
  /// are gone.
  void revoke(const token& secret, std::function<void()> released);

  /// Marks a chunk as seen; returns false if it does not fit the transfer.
  bool reserve(entry& x, const offer& header);

  template <class Pieces>
  void copy(entry& x, const offer& header, Pieces& pieces) {
    auto offset = header.offset;
    pieces([&](std::span<const std::byte> piece) {
      write(x, offset, piece);
      offset += piece.size();
    });
    if (header.checksum
        && checksum(x.grant.target, header.offset, header.length)
             != *header.checksum)
      fail_integrity(x, header.offset);
    else
      landed(x, header.length);
  }

  void write(entry& x, uint64_t offset, std::span<const std::byte> piece);

  void landed(entry& x, uint64_t bytes);

  void complete(entry& x);

  /// Tells the owner who has claimed its grant.
  static void announce(entry& x);

  /// Tells the owner that the transfer cannot go on, whatever it knows.
  static void tell_failed(entry& x, const caf::error& reason);

  /// Says whether the budgets have room for the chunk.
  admission admits(const held_chunk& chunk);

  void post_fetch(const held_chunk& chunk);

  void fetch_done(entry& x, uint64_t offset, uint64_t length, fetch_record how);

  /// Drops what is offered in place: it shall be offered in another way.
  void refuse_in_place(entry& x, const caf::error& reason);

  /// Asks the source to offer everything again, once the memory is not in use.
  void ask_anew(entry& x);

  /// Gives back what a fetch took from the budgets.
  void fetched(link_id from, uint64_t bytes);

  // -- bytes for GPUs (inbound_staged.cpp) -----------------------------------

  /// Bytes in host memory that are to be copied.
  struct arrival {
    token secret;
    uint64_t offset;
    descriptor bytes;
  };

  /// Holds what waits at the source, in parts that fit our room.
  void hold_parts(entry& x, held_chunk chunk);

  static bool needs_staging(const entry& x, const held_chunk& chunk);

  /// Keeps bytes that nobody has asked for.
  void keep(entry& x, const offer& header,
            std::shared_ptr<std::vector<std::byte>> bytes);

  /// Starts the copies that are due.
  void copy_arrived();

  /// Moves what was kept into our room. Returns false if there is none.
  bool make_room(arrival& x);

  void start_copy(arrival x);

  void copy_ended(const token& secret);

  void refuse(const frame& x, errc code);

  void refuse_unknown(const frame& x, const token& secret);

  void fail(entry& x, const caf::error& reason);

  void fail_integrity(entry& x, uint64_t offset);

  void finish(const token& secret);

  void remember(const token& secret);

  transport_options options_;
  owner_table& routes_;
  std::function<void(link_id)> on_arrival_;
  clock now_;
  std::unordered_map<token, entry> entries_;
  traffic_map traffic_;
  std::deque<traffic_map::node_type> failing_; // owners have not all heard
  unheard_map unheard_;                        // by the secret of their grant
  std::deque<unheard_map::node_type> revoked_; // peers have not all heard
  grant_table grants_;
  std::vector<source> sources_;
  std::unordered_set<token> ended_;
  std::deque<token> oldest_ended_;
  turn_queue<held_chunk> held_;
  turn_queue<held_chunk> held_for_room_;
  staging* staging_;
  std::deque<arrival> arrived_; // in our room
  std::deque<arrival> kept_;    // elsewhere
  uint64_t kept_bytes_ = 0;
  std::unordered_map<link_id, fetch_budget> budgets_;
  uint64_t fetching_ = 0; // bytes that cross a network, of all links
  uint64_t chunks_landed_ = 0;
  uint64_t bytes_landed_ = 0;
  uint64_t steps_ = 0;
  std::vector<frame> verdicts_;
  std::vector<frame> acknowledgements_;
  std::vector<std::pair<link_id, caf::error>> broken_;
  std::vector<std::pair<link_id, caf::error>> refused_;
  bool runnable_ = false;
  bool small_traffic_ = false;
};

} // namespace rdma
