// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"
#include "caf_rdma/transport/base/intrusive_list.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"
#include "caf_rdma/transport/memory/staging.hpp"
#include "caf_rdma/transport/transfers/flow/send_credit.hpp"
#include "caf_rdma/transport/transfers/flow/turn_queue.hpp"
#include "caf_rdma/transport/transfers/transfer_statistics.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rdma {

/// Cuts outgoing transfers into chunks and keeps a window of them in flight, as
/// far as there is credit; chunks that wait for it take turns. What is fetched
/// in place comes in larger chunks and needs no credit, as nothing is sent but
/// the offers; the exposure ends with the transfer. The chunks of a GPU's
/// memory are copied to host memory first and offered there, one by one.
class outbound {
public:
  /// `room` is what chunks of GPUs pass through; null if there are no GPUs.
  outbound(const transport_options& options, staging* room = nullptr);

  ~outbound();

  /// Offers the first window of `src` on `via`. `known` says whether the peer
  /// has heard of the transfer.
  void start(source src, link& via, bool known);

  /// Posts no further chunk: the peer is about to be asked to end the transfer.
  /// Returns false if it has never heard of it.
  bool stop(const transfer_key& key);

  /// Posts no further chunk; calls `released` once no lane reads the memory.
  void withdraw(const transfer_key& key, std::function<void()> released);

  /// Takes out a transfer that the destination has decided about; nothing if
  /// there is none, or if a lane may still read its memory.
  std::optional<source> settle(const transfer_key& key);

  /// True if the peer was offered every byte.
  bool offered_all(const transfer_key& key) const;

  /// The link is about to go: nothing is offered on it any more. The owners of
  /// its transfers hear of it from `tell`.
  void fail(link_id id, const caf::error& reason);

  /// Tells at most so many owners of transfers on links that have failed.
  void tell(size_t most);

  /// True if `tell` has something to do.
  bool telling() const noexcept {
    return !failing_.empty();
  }

  /// Forgets who waits for a withdrawal.
  void abandon();

  /// The peer has fetched a chunk that was offered in passing.
  void fetched(const transfer_key& key, uint64_t offset);

  /// The peer cannot fetch in place, and has let go of the transfer: begins
  /// again, without exposing anything, once all that was offered has left.
  void offer_anew(const transfer_key& key);

  /// Refills the windows of transfers that had chunks released, and posts
  /// chunks that have waited.
  void pump();

  /// Adds what it has done and what it waits for.
  void add_to(transfer_statistics& x) const;

  /// True if `pump` has something to do.
  bool ready() const noexcept {
    return !ready_.empty() || turns_due_ || telling()
           || (staging_ != nullptr && staging_->busy());
  }

private:
  // What to offer in a round, so that others get their turn: transfers that go
  // on, and bytes that the lane may have to copy.
  static constexpr size_t max_refills = 1024;
  static constexpr uint64_t max_pumped_bytes = uint64_t{8} << 20;

  /// Is told that a chunk has left.
  struct departure : ucx::request_observer {
    departure(outbound& x, bool is_borrowed, bool has_credit)
      : home(x), borrowed(is_borrowed), credited(has_credit) {
      // nop
    }

    // The status of a send is not looked at: only the peer's word counts.
    void request_done(const ucx::request_tag& tag, size_t,
                      ucs_status_t) override {
      home.left(tag, *this);
    }

    outbound& home;
    bool borrowed; // the lane might have read the transfer's memory
    bool credited;
  };

  struct transfer;

  struct by_link;

  /// The transfers of a link.
  struct traffic {
    link* via = nullptr; // null once the link failed
    caf::error reason;
    intrusive_list<transfer, by_link> transfers;
  };

  using traffic_map = std::unordered_map<link_id, traffic>;

  struct transfer : list_hook<by_link> {
    /// Returns nullptr once the link failed.
    link* via() const noexcept {
      return home != nullptr ? home->via : nullptr;
    }

    source src;
    block_list data;
    local::exposure exposed; // if the peer fetches in place
    traffic* home = nullptr; // null if it cannot go on
    uint32_t chunk_size = 0;
    uint64_t next = 0;
    uint64_t posted = 0; // bytes that the peer was offered
    uint64_t released_bytes = 0;
    uint64_t told = 0;      // bytes, to the owner: does not go back
    uint64_t waiting = 0;   // chunks that wait for credit
    uint64_t in_flight = 0; // chunks that have not left
    uint64_t borrowed = 0;  // of these: chunks whose memory may be read
    bool ready = false;
    bool known = false;             // to the peer
    bool stopped = false;           // no further chunk
    bool restarting = false;        // no further chunk until all have left
    bool anew = false;              // none is offered in place
    std::function<void()> released; // set once withdrawn
  };

  struct staged_chunk;

  // By transfer and offset.
  using staged_map = std::map<std::pair<transfer_key, uint64_t>, staged_chunk>;

  /// Is told of offers whose bytes lie elsewhere.
  struct deaf : ucx::request_observer {
    void request_done(const ucx::request_tag&, size_t, ucs_status_t) override {
      // nop
    }
  };

  void left(const ucx::request_tag& tag, const departure& how);

  /// Gives back the credit of a chunk.
  void return_credit(link_id of, uint64_t length);

  /// A chunk has left, one way or another.
  void count_left(const transfer_key& key, uint64_t length);

  void erase(std::unordered_map<transfer_key, transfer>::iterator i);

  /// Returns the bytes of a chunk of the transfer, which may be too many.
  uint64_t choose_chunk_size(const transfer& x) const;

  void refill(transfer& x);

  void restart(transfer& x);

  /// Posts chunks that have waited, as far as there is credit.
  void take_turns();

  admission admits(const transfer& x) const;

  void post_next(transfer& x);

  void count_offered(transfer& x, uint64_t length);

  /// Makes the header of the next chunk.
  offer take_next(transfer& x);

  // -- chunks of GPUs (outbound_staged.cpp) ----------------------------------

  bool needs_staging(const transfer& x) const;

  /// Starts to copy the next chunk to host memory.
  void stage_next(transfer& x);

  /// Offers a chunk that has been copied.
  void staged(staged_map::iterator i, const caf::error& reason);

  void post_staged(transfer& x, staged_chunk& y);

  /// Gives up the room of a chunk.
  void unstage(staged_map::iterator i);

  /// Gives up the rooms of the chunks that are offered in place.
  void unstage_exposed(const transfer_key& key);

  /// Ends a transfer that cannot go on, although its link can.
  void fail(transfer& x, const caf::error& reason);

  transport_options options_;
  staging* staging_;
  std::unordered_map<transfer_key, transfer> transfers_;
  traffic_map traffic_;
  std::deque<traffic_map::node_type> failing_; // owners have not all heard
  std::vector<transfer_key> ready_;
  std::vector<transfer_key> scratch_;
  send_credit credit_;
  turn_queue<transfer_key> turns_;         // one for each chunk that waits
  turn_queue<transfer_key> staging_turns_; // likewise, for chunks of GPUs
  bool turns_due_ = false;
  uint64_t pumped_bytes_ = 0; // since `pump` has begun
  uint64_t chunks_offered_ = 0;
  uint64_t bytes_offered_ = 0;
  uint64_t steps_ = 0;
  staged_map staged_;
  deaf deaf_;
  departure borrowed_{*this, true, true};
  departure copied_{*this, false, true};
  departure exposed_borrowed_{*this, true, false};
  departure exposed_copied_{*this, false, false};
};

} // namespace rdma
