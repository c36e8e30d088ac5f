// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/simulation/flight.hpp"
#include "caf_rdma/tests/simulation/forbidden_lane.hpp"
#include "caf_rdma/tests/simulation/network.hpp"
#include "caf_rdma/transport/lanes/lane.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rdma_sim {

/// A link over the simulated network.
class sim_link : public rdma::link {
public:
  struct client {
    caf::typed_response_promise<rdma::link_info> promise;
    rdma::link_watcher watcher;
  };

  sim_link(rdma::link_id id, rdma::worker_info peer, transport_state& home);

  rdma::link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return "simulated";
  }

  const std::string& peer() const noexcept override {
    return remote.id;
  }

  uint64_t max_chunk_size() const noexcept override {
    return 64;
  }

  /// Each pair of workers is either of one host or not.
  bool local() const noexcept;

  /// An offer in place has come. True if its memory may (still) be read: on
  /// some links the right to do so is taken away after some time.
  bool may_read() noexcept {
    return id_ % 8 != 0 || ++offers_in_place_ <= id_ / 8 % 8;
  }

  rdma::local::exposure expose(const rdma::block_list& data) override;

  bool in_place() const noexcept override {
    return local() && !locked_out;
  }

  void send(rdma::frame x) override;

  bool post(const rdma::chunk& x, rdma::ucx::request_observer& borrowed,
            rdma::ucx::request_observer& copied) override;

  bool up() const noexcept {
    return remote_id != 0;
  }

  rdma::worker_info remote;
  rdma::link_id remote_id = 0;
  bool locked_out = false; // the peer cannot read our memory
  std::vector<client> clients;
  rdma::progress_loop::time_point started;
  rdma::progress_loop::time_point last_heard;

private:
  rdma::link_id id_;
  transport_state& home_;
  uint64_t offers_in_place_ = 0;
};

/// A transport over the simulated network: real tables of transfers, links that
/// break at any moment, chunks that land byte by byte, requests that end late.
class transport_state : public rdma::poller, public rdma::lane {
public:
  using actor_base = rdma::hosted_actor<rdma::transport_actor::base>;

  static inline const char* name = "sim.transport";

  transport_state(actor_base* self, network& net, dice& random,
                  rdma::worker_info me, rdma::transport_options options);

  ~transport_state() override;

  rdma::transport_actor::behavior_type make_behavior();

  // -- called by the network and the schedule --------------------------------

  void arrive(network::item x) {
    arrivals_.push_back(std::move(x));
  }

  /// The process dies: from now on nobody hears of what goes on in here.
  void die();

  /// Breaks a random link, as seen from here.
  void break_link();

  /// Breaks all links to those workers at once. Returns their number.
  size_t break_links(const std::function<bool(uint64_t incarnation)>& to);

  size_t links() const noexcept {
    return links_.size();
  }

  /// Number of requests that have not ended.
  size_t busy() const noexcept {
    return flights_.size() + fetches_.size() + local_lane_.busy()
           + forbidden_lane_.busy();
  }

  // -- called by links -------------------------------------------------------

  void transmit(const sim_link& via, network::item x);

  rdma::local::exposure expose(const rdma::block_list& data);

  /// Returns true if the bytes were copied.
  bool launch(const flight_ptr& x, const sim_link& via);

  void receive_frame(std::span<const std::byte> bytes);

  /// An offer whose bytes are to be read from the source's memory.
  void receive_in_place(std::span<const std::byte> header);

  uint64_t incarnation() const noexcept {
    return me_.incarnation;
  }

  // -- overrides of lane -----------------------------------------------------

  bool crosses_network() const noexcept override {
    return true;
  }

  void stop(const rdma::token&) override {
    // nop
  }

  caf::error explain(ucs_status_t) const override;

  void fetch(rdma::held_bytes from, const rdma::block_list& target,
             uint64_t offset, rdma::ucx::request_observer& observer,
             const rdma::ucx::request_tag& tag) override;

  void drop(rdma::held_bytes x) override;

  // -- overrides of poller ---------------------------------------------------

  size_t progress() override;

  bool arm() override {
    return false;
  }

  int fd() const noexcept override {
    return fd_;
  }

private:
  static constexpr size_t local_piece_size = 8;

  struct fetch_job {
    flight_ptr from;
    rdma::link_id link;
    std::vector<std::span<std::byte>> pieces;
    uint64_t position = 0;
    rdma::ucx::request_observer* observer;
    rdma::ucx::request_tag tag;
    bool closed = false;

    /// Puts a byte where the position is.
    void place(std::byte value);
  };

  sim_link* find(rdma::link_id id);

  sim_link& add(rdma::worker_info peer);

  void connect(rdma::worker_info to, sim_link::client client);

  void receive_hello(const rdma::worker_info& from, rdma::link_id their_id);

  void receive_ack(rdma::link_id mine, rdma::link_id theirs);

  void receive_chunk(const flight_ptr& x);

  void bring_up(sim_link& x, rdma::link_id remote);

  void take_down(rdma::link_id id, const caf::error& reason);

  void let_go(const flight_ptr& x, ucs_status_t status);

  void tell_source(const flight_ptr& x, ucs_status_t status);

  /// Moves some bytes, or ends the fetch. Returns true if it has ended.
  bool advance(fetch_job& x);

  void tick();

  std::optional<rdma::staging> make_staging(rdma::copy_direction to);

  actor_base* self_;
  network& net_;
  dice& dice_;
  rdma::worker_info me_;
  rdma::transport_options options_;
  rdma::local_lane local_lane_{local_piece_size};
  forbidden_lane forbidden_lane_;
  std::optional<rdma::staging> staging_out_; // if there are GPUs
  std::optional<rdma::staging> staging_in_;
  rdma::local::cell_pool& cells_;
  rdma::transfer_table transfers_;
  std::map<rdma::link_id, std::unique_ptr<sim_link>> links_;
  std::map<flight*, flight_ptr> held_;
  std::vector<flight_ptr> flights_; // ours, on their way out
  std::vector<fetch_job> fetches_;  // on their way in
  std::vector<network::item> arrivals_;
  rdma::progress_loop::timer_id tick_;
  rdma::progress_loop::time_point last_tick_;
  int fd_;
  bool dead_ = false;
};

using transport_impl
  = caf::stateful_actor<transport_state, transport_state::actor_base>;

} // namespace rdma_sim
