// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/soak/cluster.hpp"

#include <csignal>

namespace rdma_soak {

cluster::cluster(size_t size, std::vector<std::string> arguments)
  : arguments_(std::move(arguments)), slots_(size) {
  for (size_t i = 0; i < size; ++i)
    start(i);
}

void cluster::start(size_t slot) {
  auto arguments = arguments_;
  arguments.push_back("--rdma.worker-id=worker-" + std::to_string(slot));
  auto& x = slots_[slot];
  x.process = std::make_unique<rdma_test::worker_process>(arguments);
  ++x.life;
  x.resume = {};
}

void cluster::restart(size_t slot) {
  slots_[slot].process->kill();
  start(slot);
}

void cluster::stop(size_t slot, clock::duration how_long) {
  slots_[slot].process->signal(SIGSTOP);
  slots_[slot].resume = clock::now() + how_long;
}

void cluster::resume_due() {
  for (auto& x : slots_)
    if (x.resume != clock::time_point{} && clock::now() > x.resume)
      resume(x);
}

void cluster::resume_all() {
  for (auto& x : slots_)
    if (x.resume != clock::time_point{})
      resume(x);
}

void cluster::resume(slot& x) {
  x.process->signal(SIGCONT);
  x.resume = {};
}

} // namespace rdma_soak
