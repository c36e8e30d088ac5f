// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "channel_poller.hpp"
#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <future>
#include <memory>
#include <string>

namespace transfer_bench {

/// The passive side of full cycles, on the progress loop: for each "next" of
/// the peer it exposes memory, hands over the metadata, and says "told" when it
/// has been told of the end and has the memory back.
class cycle_server : public rdma::hosted_actor<caf::event_based_actor> {
public:
  cycle_server(caf::actor_config& cfg, rdma::connector_actor connector, work x,
               line_channel& peer, std::shared_ptr<std::promise<void>> result);

  caf::behavior make_behavior() override;

private:
  void next();

  void hand_over(rdma::operation op);

  /// One of two things that end a cycle.
  void end_part();

  void end();

  rdma::connector_actor connector_;
  work work_;
  line_channel& peer_;
  std::shared_ptr<std::promise<void>> result_;
  std::shared_ptr<channel_poller> poller_;
  int parts_ = 0;
};

} // namespace transfer_bench
