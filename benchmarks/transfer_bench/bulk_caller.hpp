// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <future>
#include <memory>

namespace transfer_bench {

/// Moves all memory of a standing grant again and again, until it is killed:
/// what others have to share a link with.
class bulk_caller : public rdma::hosted_actor<caf::event_based_actor> {
public:
  /// Tells `started` once the first transfer is under way.
  bulk_caller(caf::actor_config& cfg, rdma::connector_actor connector, work x,
              rdma::metadata remote,
              std::shared_ptr<std::promise<void>> started);

  caf::behavior make_behavior() override;

private:
  void start();

  rdma::connector_actor connector_;
  work work_;
  rdma::metadata remote_;
  std::shared_ptr<std::promise<void>> started_;
  rdma::prepared_operation prepared_;
};

} // namespace transfer_bench
