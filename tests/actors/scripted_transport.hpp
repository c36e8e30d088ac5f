// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

/// What a scripted transport was asked for, and what it is to answer. Belongs
/// to the thread that runs the loop.
struct script {
  // -- types -----------------------------------------------------------------

  struct connect_call {
    rdma::worker_info to;
    rdma::link_watcher watcher;
    caf::typed_response_promise<rdma::link_info> promise;
  };

  struct withdraw_call {
    rdma::withdrawal what;
    caf::typed_response_promise<void> promise;
  };

  // -- rules -----------------------------------------------------------------

  /// Answers connects at once; otherwise they wait for `connected`.
  bool auto_connect = true;

  /// Says at once that sinks are known; otherwise they wait for `know_sinks`.
  bool auto_sink = true;

  /// Answers withdrawals at once; otherwise they wait for `release`.
  bool auto_release = true;

  // -- record ----------------------------------------------------------------

  /// Names of the requests, in their order: "sink", "frame", "withdrawal"...
  std::vector<std::string> calls;
  std::vector<connect_call> connects; // unanswered
  std::vector<rdma::frame> frames;
  std::vector<rdma::sink> sinks;               // not released
  std::vector<rdma::standing_grant> grants;    // all
  std::vector<rdma::source> sources;           // not released
  std::vector<rdma::withdrawal> withdrawals;   // all
  std::vector<withdraw_call> held_withdrawals; // unanswered
  std::vector<std::pair<rdma::link_id, caf::error>> resets;
  std::vector<rdma::link_watcher> watchers;

  // -- answers ---------------------------------------------------------------

  /// Answers all waiting connects.
  void connected(const rdma::link_info& x);

  void connected(const caf::error& x);

  void know_sinks();

  /// Lets go of the memory of all withdrawn transfers, and says so.
  void release();

  // -- requests, as the transport gets them ----------------------------------

  void connect(connect_call x);

  void withdraw(withdraw_call x);

  std::vector<caf::typed_response_promise<void>> unknown_sinks;

private:
  void answer(withdraw_call& x);
};

/// Stands in for UCX: writes down what it is asked for and answers as told.
class scripted_transport_state {
public:
  using actor_base = rdma::hosted_actor<rdma::transport_actor::base>;

  static inline const char* name = "test.transport";

  scripted_transport_state(actor_base* self, std::shared_ptr<script> x);

  rdma::transport_actor::behavior_type make_behavior();

private:
  actor_base* self_;
  std::shared_ptr<script> script_;
};

using scripted_transport
  = caf::stateful_actor<scripted_transport_state,
                        scripted_transport_state::actor_base>;

/// The link that connects are answered with.
inline const rdma::link_info scripted_link{11, "scripted"};

} // namespace rdma_test
