// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/connector.hpp"
#include "caf_rdma/tests/simulation/transport.hpp"

#include <caf/actor_system.hpp>

#include <string>

namespace rdma_sim {

/// Time of a simulated world; stands still until somebody moves it.
using clock = rdma::progress_loop::time_point;

/// One life of a simulated worker: loop, transport and connector.
class worker {
public:
  worker(caf::actor_system& sys, const clock& now, network& net, dice& random,
         std::string id, rdma::memory_space_ptr gpus);

  /// The process dies: nobody says good-bye.
  ~worker();

  worker(const worker&) = delete;

  worker& operator=(const worker&) = delete;

  /// Runs one round of the loop, unless the process is stopped.
  size_t run();

  const rdma::worker_info& info() const noexcept {
    return info_;
  }

  const rdma::connector_actor& connector() const noexcept {
    return connector_;
  }

  void drop_connector() {
    connector_ = nullptr;
  }

  transport_state& transport() noexcept {
    return *state_;
  }

  size_t actors() const {
    return loop_.hosted_actors();
  }

  /// As by SIGSTOP.
  bool stopped = false;

private:
  rdma::worker_info info_;
  rdma::progress_loop loop_;
  rdma::transport_actor transport_;
  transport_state* state_;
  rdma::connector_actor connector_;
};

} // namespace rdma_sim
