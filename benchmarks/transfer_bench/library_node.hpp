// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "line_channel.hpp"
#include "types.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace transfer_bench {

/// Returns the lanes that `library_node` can be told to use.
std::vector<std::string> library_lanes();

/// The library in one process: an actor system with runtimes and a connector
/// for each. Operations take turns with the connectors.
class library_node {
public:
  library_node(loop_mode mode, const std::string& lane, size_t runtimes);

  // -- passive side ----------------------------------------------------------

  /// Creates the passive operations for `x`; returns their metadata as text.
  std::vector<std::string> create(const work& x);

  /// Grants all memory for any number of claims; returns the metadata as text.
  std::string grant(const work& x);

  /// Drops all passive operations.
  void drop() {
    operations_.clear();
  }

  /// Exposes memory for one transfer after the other, as the peer says.
  void serve_cycles(const work& x, line_channel& peer);

  // -- active side -----------------------------------------------------------

  /// Runs transfers against passive operations, each of which serves once.
  samples run(const work& x, std::vector<rdma::metadata> remote);

  /// Runs transfers against a standing grant.
  samples run_granted(const work& x, const rdma::metadata& remote);

  /// Runs transfers for which the peer exposes memory each time.
  samples run_cycles(const work& x, line_channel& peer);

private:
  struct node {
    rdma::runtime runtime;
    rdma::connector_actor connector;
  };

  samples run_scoped(const work& x, std::vector<rdma::metadata> remote);

  samples run_granted_callers(const work& x, const rdma::metadata& remote);

  samples run_on_loops(const work& x, std::vector<rdma::metadata> remote);

  /// Lets several callers run their part each. `spawn` gets the number of the
  /// caller and what it has to do.
  template <class Spawn>
  samples run_callers(const work& x, Spawn spawn);

  caf::actor_system_config config_;
  caf::actor_system system_;
  std::vector<node> nodes_;
  caf::scoped_actor self_;
  std::vector<rdma::operation> operations_;
};

} // namespace transfer_bench
