// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/links/farewells.hpp"
#include "caf_rdma/transport/links/link_listeners.hpp"
#include "caf_rdma/transport/links/notices.hpp"
#include "caf_rdma/transport/links/ring_turns.hpp"
#include "caf_rdma/transport/links/ucx_link.hpp"
#include "caf_rdma/transport/ucx/worker.hpp"

#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rdma {

/// Brings links up, watches them, and takes them down. At most one link per
/// peer at a time.
///
/// UCX 1.13 pairs our n-th endpoint for a worker with that worker's n-th
/// endpoint for us. An attempt that only one side knows of would leave the two
/// off by one, and the peer's rendezvous would arrive on a hidden endpoint,
/// which nobody can close: a late write into released memory. So both sides
/// count their calls, `hello` carries the count, the side behind makes up for
/// what it has missed, and a link is up only if the peer's frame came in on our
/// own endpoint.
///
/// UCX keeps the TCP connection of an endpoint that was closed by force. Where
/// data waits there for a peer that is silent it is hung up: see
/// `ucx::hang_up`.
///
/// UCX makes a connection request of its own for what it cannot send within the
/// call, or what names an endpoint for replies; the peer answers it. UCX 1.13
/// aborts a worker (ucp_request.c:684) whose peer dies while its answer cannot
/// leave: over TCP, while the connection is made. So there hellos are sent only
/// when they can leave within the call, and the request is made by `pairing`,
/// when both sides have heard each other: then the answer leaves at once.
class link_table {
public:
  // -- types -----------------------------------------------------------------

  /// Told when a link is about to be closed; the link is still in the table.
  using failure_handler
    = std::function<void(ucx_link& x, const caf::error& reason)>;

  /// Called before a link is closed that UCX has given up: what its peer has
  /// said before is still to be heard. May take links down.
  using last_words_handler = std::function<void(link_id)>;

  // -- construction, destruction ---------------------------------------------

  link_table(const transport_options& options, progress_loop& loop,
             ucx::request_pool& pool, ucx::worker& worker, worker_info self,
             local::cell_pool& cells, bool direct, failure_handler on_failure,
             last_words_handler on_last_words);

  // -- requests --------------------------------------------------------------

  void connect(worker_info to, ucx_link::client client);

  /// Closes a link by force.
  void fail(link_id id, const caf::error& reason);

  /// We cannot read that peer's memory any more: both go on by UCX.
  void leave_local(link_id id, const caf::error& reason);

  /// Tells the listener of all links from now on, and of those that are up.
  void watch(caf::actor_addr listener);

  /// Closes all links, for good, by and by; they are not used any more. Links
  /// that are coming up are closed once they are up, or by `abandon`.
  void close_all(const caf::error& reason);

  // -- lookup ----------------------------------------------------------------

  /// Returns the link if it is up, and not about to be closed.
  ucx_link* find(link_id id);

  /// True if the link may still come up.
  bool connecting(link_id id) const;

  size_t size() const noexcept {
    return links_.size();
  }

  // -- frames from peers -----------------------------------------------------

  /// Handles a frame that concerns links; `reply` is the endpoint that UCX
  /// would answer on.
  void receive(const frame& x, ucp_ep_h reply);

  // -- work between two calls to UCX's progress ------------------------------

  /// Takes down the links that UCX has given up, and does for each link what
  /// `tick` and `close_all` have asked for: some of it, so that others get
  /// their turn.
  void reap();

  /// Does all that `reap` has to do.
  void finish();

  /// Longest silence of a peer.
  caf::timespan silence() const;

  /// True if `reap` has something to do.
  bool ready() const noexcept {
    return !failures_.empty() || !due_.empty() || notices_.due();
  }

  /// Lets `reap` send heartbeats, and give up links that are silent or do not
  /// come up.
  void tick();

  /// Sends what the links have collected, and hellos that can leave.
  void flush();

  /// True if `flush` has something to do, and nobody wakes us for it.
  bool unsent() const noexcept {
    return !env_.unsent.empty() || !env_.unsent_later.empty();
  }

  /// Begins a round: `flush` also sends what was left for it.
  void begin_round() {
    env_.unsent.insert(env_.unsent.end(), env_.unsent_later.begin(),
                       env_.unsent_later.end());
    env_.unsent_later.clear();
  }

  // -- rings -----------------------------------------------------------------

  /// The peer uses our ring, if there is one, from now on.
  void enter_ring(ucx_link& x) {
    if (x.ring_entered())
      rings_.add(x.id());
  }

  /// Calls `f(ucx_link&, local::ring_reader&)` for each ring that a peer uses;
  /// `f` must not take links up or down.
  template <class F>
  void for_each_ring(F f) {
    rings_.for_each([this](link_id id) { return find(id); }, std::move(f));
  }

  /// The same until `f` returns false; the next call goes on behind.
  template <class F>
  void visit_rings(F f) {
    rings_.visit([this](link_id id) { return find(id); }, std::move(f));
  }

  /// Asks the peers to wake us when they put something into their rings.
  /// Returns false if something is there already.
  bool prepare_sleep();

  /// Closes everything without telling anybody.
  void abandon();

private:
  // Attempts to connect before a peer counts as unreachable.
  static constexpr uint32_t max_attempts = 3;

  // Endpoints that a hello may ask us to make up for.
  static constexpr uint32_t max_lag = 1024;

  // Time to spend on links in a round.
  static constexpr auto max_reap_time = std::chrono::microseconds{500};

  static void on_endpoint_error(void* arg, ucp_ep_h ep, ucs_status_t status);

  uint32_t& endpoint_count(const worker_info& to) {
    auto* bytes = reinterpret_cast<const char*>(to.address.data());
    return endpoint_counts_[std::string{bytes, to.address.size()}];
  }

  void send_hello(ucx_link& x, const frame& what);

  void say_goodbye(ucx_link& x, const caf::error& reason);

  caf::expected<ucx::endpoint> make_endpoint(const worker_info& to);

  void close(ucx::endpoint& ep);

  void catch_up(const worker_info& peer, uint32_t count);

  ucx_link& add(worker_info peer);

  void attempt(ucx_link& x);

  /// Gives up an attempt; makes another one if somebody waits for the link.
  void retry(ucx_link& x, const caf::error& reason);

  void receive_hello(const hello& x);

  void accept(const hello& x, std::vector<ucx_link::client> clients);

  /// Answers a hello that fits the link.
  void greet(ucx_link& x, const hello& from);

  void refuse(const hello& x, errc code);

  /// Sends a frame to a worker that is not linked.
  void notify(const worker_info& to, const frame& what);

  /// Answers a frame for a link that is gone.
  void remind(link_id id);

  /// Does one thing that `reap` has to do. Returns false if there is none.
  bool reap_one();

  void reap_failure();

  /// Heartbeat, or end: of the link whose turn it is.
  void look_at_next();

  /// Closes the endpoint of a notice; nothing for nullptr.
  void dismiss(notices::link_ptr notice);

  void receive_ack(ucx_link& x, const hello& from);

  void receive_pairing(ucx_link& x, ucp_ep_h reply);

  void receive_refusal(ucx_link& x, const hello_refused& why);

  void receive_goodbye(ucx_link& x, const goodbye& why);

  /// Handles what decides about the local lane.
  void receive_local(ucx_link& x, const frame& what);

  /// Tells the clients of a link that is up once its lane is settled.
  void settle_lane(ucx_link& x);

  /// Goes on by UCX with a link whose lane was local; takes it down if only the
  /// local one is wanted.
  void lose_local(ucx_link& x, const std::string& reason);

  /// Adds to the metric `rdma.links.up` of the link's lane.
  void count(const ucx_link& x, int difference);

  bool restarted(const ucx_link& x) const;

  void bring_up(ucx_link& x);

  void take_down(ucx_link& x, const caf::error& reason);

  hello introduce(const ucx_link& x) const;

  const transport_options& options_;
  progress_loop& loop_;
  ucx::request_pool& pool_;
  ucx::worker& worker_;
  worker_info self_;
  link_environment env_;
  std::vector<link_id> flushing_;
  ring_turns rings_;
  bool hello_waits_ = false; // some hello may have to be sent
  uint64_t host_;            // 0 if the local lane is not to be used
  failure_handler on_failure_;
  last_words_handler on_last_words_;
  link_listeners listeners_;
  std::unordered_map<link_id, std::unique_ptr<ucx_link>> links_;
  std::unordered_map<uint64_t, ucx_link*> by_incarnation_;
  std::unordered_map<ucp_ep_h, ucx_link*> by_endpoint_;
  std::unordered_map<std::string, size_t> up_by_name_; // links to each worker
  std::deque<link_id> due_;                            // to be looked at
  // Calls to ucp_ep_create per worker address, as UCX counts them, whatever
  // incarnation the metadata names. Kept when the link is gone.
  std::unordered_map<std::string, uint32_t> endpoint_counts_;
  // Highest count that a hello of this peer has shown.
  std::unordered_map<uint64_t, uint32_t> hello_counts_;
  // Reported by UCX, not yet handled.
  std::unordered_map<ucp_ep_h, ucs_status_t> failures_;
  notices notices_;
  farewells farewells_;
  caf::telemetry::metric_family_impl<caf::telemetry::int_gauge>* up_;
  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>* ended_;
  bool closing_ = false;
  caf::error closing_reason_;
  progress_loop::time_point last_tick_;
  // As long as what a closed link has not sent may be of a peer that is silent.
  progress_loop::time_point hang_up_until_;
};

} // namespace rdma
