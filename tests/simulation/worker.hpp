// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/options/runtime_options.hpp"
#include "caf_rdma/tests/actors/pending.hpp"
#include "caf_rdma/tests/simulation/transport.hpp"

#include <caf/actor_system.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

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

  /// Makes another one; the one before may still be about to end.
  void spawn_connector();

  /// Asks all operations to end, as the destructor of a runtime does first.
  void shut_down();

  bool shutting_down() const noexcept {
    return !shutdowns_.empty();
  }

  /// True once every connector has answered.
  bool shut_down_ended() const {
    return shutting_down() && std::ranges::all_of(shutdowns_, [](auto& x) {
             return x.answered();
           });
  }

  /// Takes the links down, as the destructor of a runtime does last.
  void close_links();

  transport_state& transport() noexcept {
    return *state_;
  }

  size_t actors() const {
    return loop_.hosted_actors();
  }

  /// The way to another worker is cut while this one is stopped: it finds out
  /// as soon as it goes on.
  void cut_off(uint64_t incarnation) {
    cut_off_.insert(incarnation);
  }

  /// As by SIGSTOP.
  bool stopped = false;

private:
  caf::actor_system& sys_;
  dice& dice_;
  rdma::worker_info info_;
  rdma::runtime_options options_;
  rdma::progress_loop loop_;
  rdma::transport_actor transport_;
  transport_state* state_;
  std::vector<caf::weak_actor_ptr> connectors_;
  rdma::connector_actor connector_; // the last of them
  std::vector<rdma_test::pending<void>> shutdowns_;
  std::set<uint64_t> cut_off_;
};

} // namespace rdma_sim
