// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"
#include "caf_rdma/transport/lanes/local/access_handshake.hpp"
#include "caf_rdma/transport/lanes/local/ring.hpp"
#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/links/outbox.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"
#include "caf_rdma/transport/ucx/endpoint.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <caf/actor_addr.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rdma {

/// What the links of one transport share.
struct link_environment {
  const transport_options& options;
  ucx::request_pool& pool;
  local::cell_pool& cells;
  /// UCX reads the memory of GPUs.
  bool direct = false;
  /// Names of links that have something to flush.
  std::vector<link_id> unsent;
  /// Names of links that have something to flush in the next round.
  std::vector<link_id> unsent_later;
  /// Names of links that wait for room in the peer's ring, who wakes us then.
  std::vector<link_id> stuck;
};

/// A link to a worker in another process, over one UCX endpoint of our own. It
/// is up once both sides know each other's link ID, and that UCX has paired
/// their endpoints. If the peer is a process of this host whose memory we can
/// read, and it ours, larger transfers are fetched in place, and frames about
/// transfers go through rings in shared memory, one of each side. Frames about
/// the link itself always go by UCX.
class ucx_link : public link {
public:
  // -- types -----------------------------------------------------------------

  using time_point = progress_loop::time_point;

  /// Somebody who has asked for this link.
  struct client {
    caf::typed_response_promise<link_info> promise; // until the link is up
    caf::actor_addr watcher;                        // not kept alive
  };

  // -- construction, destruction ---------------------------------------------

  ucx_link(link_id id, worker_info peer, link_environment& env);

  // -- state that the link table keeps ---------------------------------------

  ucx::endpoint endpoint;
  /// The peer's name for this link; 0 until the peer has told it.
  link_id remote_id = 0;
  /// We have asked the peer whether UCX has paired the endpoints.
  bool asked = false;
  /// It has: the link is up.
  bool paired = false;
  /// Our count of ucp_ep_create calls for this peer, this link's included.
  uint32_t endpoint_count = 0;
  /// Connection attempts that have failed.
  uint32_t attempts = 0;
  time_point started;
  time_point last_heard;
  /// Those who are gone among them are forgotten as others come; see `add`.
  std::vector<client> clients;
  /// The peer's machine, as its hello names it.
  uint64_t host = 0;
  local::access_handshake local;
  /// The lane is settled and the clients know: not before the link is up.
  bool announced = false;

  // -- properties ------------------------------------------------------------

  bool up() const noexcept {
    return paired;
  }

  const worker_info& peer_info() const noexcept {
    return peer_;
  }

  // -- operations ------------------------------------------------------------

  void add(client x);

  /// Sends a frame that opens the link, instead of one that has not left yet.
  /// Over TCP it is left to `try_hello`; no other lane keeps the peer waiting
  /// for a connection.
  void send_hello(const frame& x);

  /// Sends the frame that opens the link if it can leave within the call.
  /// Returns true if none is left.
  bool try_hello();

  /// Asks whether UCX has paired the endpoints: makes UCX name its own endpoint
  /// to the peer.
  void ask_pairing();

  /// Sends what `send` and `post` have collected, and can leave.
  void flush();

  /// Sends all of it, so that what is posted next comes after it, or nothing.
  void flush_all();

  // -- rings -----------------------------------------------------------------

  /// Tells the peer of a ring that it can put its frames into.
  void offer_ring(size_t size);

  /// Uses the peer's ring for all further frames about transfers, if we can.
  void enter_ring(const local_ring& x);

  /// Says by UCX that all further frames come that way.
  void leave_ring();

  /// The peer uses our ring. Returns false if there is none, or if it has said
  /// so before.
  bool ring_entered();

  /// The peer has left our ring, and all that was there has been received.
  void ring_left() noexcept {
    ring_.reset();
    ring_entered_ = false;
  }

  /// Where the peer's frames come in; null if by UCX only.
  local::ring_reader* ring() noexcept {
    return ring_entered_ ? &*ring_ : nullptr;
  }

  /// Wakes the peer, which waits for something to read in its ring, or for room
  /// in ours.
  void wake_peer();

  // -- overrides of link -----------------------------------------------------

  link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return local.usable() ? "local" : "ucx";
  }

  const std::string& peer() const noexcept override {
    return peer_.id;
  }

  uint64_t max_chunk_size() const noexcept override {
    return outbox_.in_ring() ? outbox::max_data_size : uint64_t{64} << 20;
  }

  bool reads_device(const block_list& data, uint64_t offset,
                    uint64_t length) const override;

  bool in_place() const noexcept override {
    return local.usable();
  }

  local::exposure expose(const block_list& data) override;

  void send(frame x) override;

  void send_later(frame x) override;

  bool post(const chunk& x, ucx::request_observer& borrowed,
            ucx::request_observer& copied) override;

private:
  /// Asks to be flushed again if something has to wait; wakes the peer.
  void after_flush();

  void post_alone(std::span<const std::byte> bytes, uint32_t flags);

  frame as_sent(const chunk& x) const {
    return {remote_id, x.key.transfer, x.header};
  }

  /// Returns the chunk's memory if UCX shall read it there; otherwise nothing.
  std::span<std::byte> borrowable(const chunk& x) const;

  bool goes_by_rendezvous(uint64_t size) const;

  void post(const chunk& x, ucx::request& req, std::span<std::byte> data,
            bool on_device);

  /// Asks for a flush; called before something is collected.
  void collect();

  static constexpr size_t least_clients_to_look_at = 16;

  link_id id_;
  worker_info peer_;
  link_environment& env_;
  size_t clients_to_look_at_ = least_clients_to_look_at;
  outbox outbox_;
  bool all_later_ = false;       // what is in the outbox
  std::vector<std::byte> hello_; // not sent yet
  std::optional<local::ring_reader> ring_;
  bool ring_entered_ = false;
};

} // namespace rdma
