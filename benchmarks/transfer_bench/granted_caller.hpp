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
#include <vector>

namespace transfer_bench {

/// A user's actor on the progress loop: prepares an operation for each slot of
/// a standing grant, starts them again and again, and quits.
class granted_caller : public rdma::hosted_actor<caf::event_based_actor> {
public:
  /// Uses the slots from `first_slot` on.
  granted_caller(caf::actor_config& cfg, rdma::connector_actor connector,
                 work x, size_t first_slot, rdma::metadata remote,
                 std::shared_ptr<std::promise<samples>> result);

  caf::behavior make_behavior() override;

private:
  using clock = std::chrono::steady_clock;

  void prepare(size_t slot);

  void start(size_t index);

  void end(size_t index, clock::time_point begun, const rdma::report& x);

  rdma::connector_actor connector_;
  work work_;
  size_t first_slot_;
  rdma::metadata remote_;
  std::shared_ptr<std::promise<samples>> result_;
  std::vector<rdma::prepared_operation> prepared_;
  samples samples_;
  clock::time_point start_;
  size_t begun_ = 0;
};

} // namespace transfer_bench
