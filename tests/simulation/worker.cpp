// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/worker.hpp"

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
  : info_{std::move(id), random.below(UINT64_MAX - 1) + 1,
          std::vector<std::byte>(8)},
    loop_(sys, loop_options(now)) {
  auto opts = runtime_options();
  opts.transport.space = gpus;
  transport_ = loop_.spawn<transport_impl>(net, random, info_, opts.transport);
  state_ = &caf::actor_cast<transport_impl*>(transport_)->state;
  auto hdl = loop_.spawn<rdma::connector_actor_impl>("sim", transport_, info_,
                                                     opts,
                                                     rdma::gpu_access{gpus});
  connector_ = rdma::detail::make_proxy<rdma::connector_actor>(
    sys, caf::actor_cast<caf::strong_actor_ptr>(hdl), loop_.inbox());
}

worker::~worker() {
  loop_.stop();
}

size_t worker::run() {
  return stopped ? 0 : loop_.run_once();
}

} // namespace rdma_sim
