// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "channel_poller.hpp"
#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>

namespace transfer_bench {

/// The active side of full cycles, on the progress loop: asks the peer for
/// metadata, runs the transfer, and waits until both sides have been told and
/// have their memory back.
class cycle_client : public rdma::hosted_actor<caf::event_based_actor> {
public:
  cycle_client(caf::actor_config& cfg, rdma::connector_actor connector, work x,
               line_channel& peer,
               std::shared_ptr<std::promise<samples>> result);

  caf::behavior make_behavior() override;

private:
  using clock = std::chrono::steady_clock;

  void next();

  void begin(const std::string& metadata_text);

  /// One of three things that end a cycle.
  void end_part();

  rdma::connector_actor connector_;
  work work_;
  line_channel& peer_;
  std::shared_ptr<std::promise<samples>> result_;
  std::shared_ptr<channel_poller> poller_;
  samples samples_;
  clock::time_point start_;
  clock::time_point begun_;
  int parts_ = 0;
};

} // namespace transfer_bench
