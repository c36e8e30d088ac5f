// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/worker.hpp"

#include "caf_rdma/actors/connectors/connector_state.hpp"
#include "caf_rdma/actors/detail/handle_proxy.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace rdma_sim {

namespace {

rdma::progress_loop::options loop_options(const clock& now) {
  rdma::progress_loop::options result;
  result.max_jobs_per_round = 1; // the finest interleaving
  result.max_throughput = 1;
  result.clock = [&now] { return now; };
  return result;
}

rdma::runtime_options runtime_options() {
  rdma::runtime_options x;
  x.transport.chunk_size = 16;
  x.transport.window = 2;
  x.transport.max_inbound_bytes = 64;
  x.transport.max_outbound_bytes = 48;
  x.transport.max_bytes_in_flight = 80;
  x.transport.heartbeat = 100ms;
  x.transport.heartbeat_limit = 1s;
  x.transport.connect_timeout = 2s;
  x.active_deadline = 5s;
  x.passive_deadline = 20s;
  x.grace = 500ms;
  return x;
}

} // namespace

worker::worker(caf::actor_system& sys, const clock& now, network& net,
               dice& random, std::string id, rdma::memory_space_ptr gpus)
  : sys_(sys),
    dice_(random),
    info_{std::move(id), random.below(UINT64_MAX - 1) + 1,
          std::vector<std::byte>(8)},
    options_(runtime_options()),
    loop_(sys, loop_options(now)) {
  options_.transport.space = std::move(gpus);
  transport_ = loop_.spawn<transport_impl>(net, random, info_,
                                           options_.transport);
  state_ = &caf::actor_cast<transport_impl*>(transport_)->state;
  spawn_connector();
}

// The order in which the actors of a loop are killed follows from where they
// are in memory: nothing of a schedule must depend on it.
worker::~worker() {
  state_->die();
  auto before = dice_;
  loop_.stop();
  dice_ = before;
}

size_t worker::run() {
  if (stopped)
    return 0;
  if (!cut_off_.empty()) {
    auto others = std::exchange(cut_off_, {});
    state_->break_links([&](uint64_t x) { return others.contains(x); });
  }
  return loop_.run_once();
}

void worker::spawn_connector() {
  auto hdl = loop_.spawn<rdma::connector_actor_impl>(
    "sim", transport_, info_, options_,
    rdma::gpu_access{options_.transport.space});
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(hdl);
  connectors_.emplace_back(ptr.get());
  connector_ = rdma::detail::make_proxy<rdma::connector_actor>(sys_,
                                                               std::move(ptr),
                                                               loop_.inbox());
}

void worker::shut_down() {
  for (auto& x : connectors_)
    if (auto ptr = x.lock())
      shutdowns_.emplace_back(
        sys_, caf::actor_cast<rdma::connector_impl>(std::move(ptr)),
        rdma::shutdown_atom_v);
}

void worker::close_links() {
  rdma_test::pending<void> closed{sys_, transport_, rdma::shutdown_atom_v};
  while (!closed.answered())
    loop_.run_once();
}

} // namespace rdma_sim
