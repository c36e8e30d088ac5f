// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace transfer_bench {

/// A user's actor on the progress loop: runs transfers, several at a time, and
/// quits.
class loop_caller : public rdma::hosted_actor<caf::event_based_actor> {
public:
  /// Uses the slots from `first_slot` on.
  loop_caller(caf::actor_config& cfg, rdma::connector_actor connector, work x,
              size_t first_slot, std::vector<rdma::metadata> remote,
              std::shared_ptr<std::promise<samples>> result);

  caf::behavior make_behavior() override;

private:
  using clock = std::chrono::steady_clock;

  /// Begins the next transfer on a slot that is free.
  void begin(size_t slot);

  void wait(size_t slot, rdma::operation op, clock::time_point begun);

  void end(size_t slot, clock::time_point begun, const std::string& lane);

  rdma::connector_actor connector_;
  work work_;
  size_t first_slot_;
  std::vector<rdma::metadata> remote_;
  std::shared_ptr<std::promise<samples>> result_;
  samples samples_;
  clock::time_point start_;
  size_t begun_ = 0;
};

} // namespace transfer_bench
