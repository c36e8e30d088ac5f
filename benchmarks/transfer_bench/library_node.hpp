// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <string>
#include <vector>

namespace transfer_bench {

/// The library in one process: an actor system with a runtime and a connector.
class library_node {
public:
  explicit library_node(loop_mode mode);

  // -- passive side ----------------------------------------------------------

  /// Creates the passive operations for `x`; returns their metadata as text.
  std::vector<std::string> create(const work& x);

  /// Drops all passive operations.
  void drop() {
    operations_.clear();
  }

  // -- active side -----------------------------------------------------------

  /// Runs transfers against passive operations, each of which serves once.
  samples run(const work& x, std::vector<rdma::metadata> remote);

private:
  samples run_scoped(const work& x, std::vector<rdma::metadata> remote);

  samples run_on_loop(const work& x, std::vector<rdma::metadata> remote);

  caf::actor_system_config config_;
  caf::actor_system system_;
  rdma::runtime runtime_;
  rdma::connector_actor connector_;
  caf::scoped_actor self_;
  std::vector<rdma::operation> operations_;
};

} // namespace transfer_bench
