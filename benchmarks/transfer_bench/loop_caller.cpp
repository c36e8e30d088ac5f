// SPDX-License-Identifier: BSD-3-Clause

#include "loop_caller.hpp"

#include "memory.hpp"
#include "requests.hpp"

#include <algorithm>
#include <utility>

namespace transfer_bench {

loop_caller::loop_caller(caf::actor_config& cfg,
                         rdma::connector_actor connector, work x,
                         size_t first_slot, std::vector<rdma::metadata> remote,
                         std::shared_ptr<std::promise<samples>> result)
  : rdma::hosted_actor<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    first_slot_(first_slot),
    remote_(std::move(remote)),
    result_(std::move(result)) {
  samples_.us.reserve(remote_.size());
}

caf::behavior loop_caller::make_behavior() {
  start_ = clock::now();
  for (size_t i = 0; i < std::min(work_.outstanding, remote_.size()); ++i)
    begin(first_slot_ + i);
  return {
    [](const std::string&) {}, // nobody sends this: it waits for responses
  };
}

void loop_caller::begin(size_t slot) {
  auto begun = clock::now();
  auto& md = remote_[begun_++];
  request_begin(this, connector_, work_.mode, local_memory(slot, work_),
                std::move(md))
    .then([this, slot,
           begun](rdma::operation& op) { wait(slot, std::move(op), begun); },
          failed(work_));
}

void loop_caller::wait(size_t slot, rdma::operation op,
                       clock::time_point begun) {
  request(op.actor(), no_timeout, rdma::wait_atom_v)
    .then([this, slot, begun,
           op](const rdma::report& x) { end(slot, begun, x.lane); },
          failed(work_));
}

void loop_caller::end(size_t slot, clock::time_point begun,
                      const std::string& lane) {
  auto now = clock::now();
  samples_.us.push_back(
    std::chrono::duration<double, std::micro>(now - begun).count());
  if (begun_ < remote_.size()) {
    begin(slot);
    return;
  }
  // The last time that everything is under way.
  if (!samples_.rss_kib)
    samples_.rss_kib = resident_kib();
  if (samples_.us.size() < remote_.size())
    return;
  samples_.lane = lane;
  samples_.seconds = std::chrono::duration<double>(now - start_).count();
  result_->set_value(std::move(samples_));
  quit();
}

} // namespace transfer_bench
