// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "hasher.hpp"
#include "pipeline.hpp"
#include "protocol.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace rdma_copy {

/// What both kinds of client need.
struct client_setup {
  server_actor server;
  rdma::connector_actor connector;
  /// Receives `progress_atom` messages and at the end a `summary` or an error.
  caf::actor listener;
  uint64_t buffers = 1;
  uint64_t buffer_size = 1;
  /// How long the server or the disk may take to answer.
  caf::timespan timeout;
};

/// What put and get have in common: the pipeline, and one end with one report
/// to the listener.
class transfer_client {
public:
  transfer_client(caf::event_based_actor* self, client_setup setup);

  virtual ~transfer_client();

  caf::behavior make_behavior();

protected:
  /// Asks the server to open a session.
  virtual void open() = 0;

  /// Sends a block on its way.
  virtual void start_block(uint64_t block) = 0;

  /// Called once all blocks are through.
  virtual void close(const std::string& sha256) = 0;

  /// Called with the answer to `open`.
  template <class Session>
  void opened(const Session& session, const layout& file) {
    self_->monitor(session);
    ping(session);
    begin(file);
  }

  /// Starts as many blocks as there are buffers.
  void fill();

  void stage_done(uint64_t block);

  void hash(uint64_t block);

  /// Waits for the transfer of a block, then calls `f`.
  template <class F>
  void wait_for(uint64_t block, rdma::operation& op, F f) {
    pipeline_[block].transfer = op;
    // The operation has a deadline of its own.
    self_->request(op.actor(), caf::infinite, rdma::wait_atom_v)
      .then(
        [this, f](rdma::report& x) {
          summary_.lane = std::move(x.lane);
          f();
        },
        [this](caf::error& err) { fail(std::move(err)); });
  }

  /// Sends a request to the server; a failed request fails the transfer.
  template <class Handle, class F, class... Ts>
  void ask_server(const Handle& hdl, F f, Ts&&... xs) {
    self_->request(hdl, setup_.timeout, std::forward<Ts>(xs)...)
      .then(std::move(f),
            [this](const caf::error& err) { fail(from_server(err)); });
  }

  /// Sends a request to an actor of this process; a failed request fails the
  /// transfer.
  template <class Handle, class F, class... Ts>
  void ask(const Handle& hdl, F f, Ts&&... xs) {
    self_->request(hdl, setup_.timeout, std::forward<Ts>(xs)...)
      .then(std::move(f), [this](caf::error& err) { fail(std::move(err)); });
  }

  rdma::operation_options deadline() const {
    return {setup_.timeout};
  }

  /// Says that the server's part is over: its session may end now.
  void leave_server() {
    left_server_ = true;
  }

  void succeed();

  void fail(caf::error reason);

  caf::event_based_actor* self_;
  client_setup setup_;
  hasher_actor hasher_;
  pipeline pipeline_;
  summary summary_;

private:
  void begin(const layout& file);

  /// Notices a server that hangs, and tells it once in a second that this
  /// client lives.
  template <class Session>
  void ping(const Session& session) {
    self_->request(session, setup_.timeout / 4, caf::ping_atom_v)
      .then(
        [this, session] {
          self_->run_delayed(std::min(caf::timespan{std::chrono::seconds{1}},
                                      setup_.timeout / 8),
                             [this, session] { ping(session); });
        },
        [this](const caf::error& err) {
          if (!left_server_)
            fail(from_server(err));
        });
  }

  static caf::error from_server(const caf::error& err);

  std::chrono::steady_clock::time_point start_;
  bool left_server_ = false;
  bool ended_ = false;
};

} // namespace rdma_copy
