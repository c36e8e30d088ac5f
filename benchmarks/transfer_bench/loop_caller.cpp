// SPDX-License-Identifier: BSD-3-Clause

#include "loop_caller.hpp"

#include "memory.hpp"

#include <utility>

namespace transfer_bench {

loop_caller::loop_caller(caf::actor_config& cfg,
                         rdma::connector_actor connector, work x,
                         std::vector<rdma::metadata> remote,
                         std::shared_ptr<std::promise<samples>> result)
  : rdma::hosted<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    remote_(std::move(remote)),
    result_(std::move(result)) {
  samples_.us.reserve(remote_.size());
}

caf::behavior loop_caller::make_behavior() {
  start_ = clock::now();
  for (size_t slot = 0; slot < work_.outstanding; ++slot)
    begin(slot);
  return {
    [](const std::string&) {}, // nobody sends this: it waits for responses
  };
}

void loop_caller::begin(size_t slot) {
  if (begun_ == remote_.size())
    return;
  auto begun = clock::now();
  auto& md = remote_[begun_++];
  rdma::descriptor_list local{rdma::descriptor{memory_slot(slot, work_.size)}};
  auto on_begun = [this, slot, begun](rdma::operation& op) {
    wait(slot, std::move(op), begun);
  };
  auto fail = [](const caf::error& err) { die(to_string(err)); };
  if (work_.mode == direction::write)
    request(connector_, caf::infinite, rdma::begin_write_atom_v,
            std::move(local), std::move(md))
      .then(on_begun, fail);
  else
    request(connector_, caf::infinite, rdma::begin_read_atom_v, std::move(md),
            std::move(local))
      .then(on_begun, fail);
}

void loop_caller::wait(size_t slot, rdma::operation op,
                       clock::time_point begun) {
  // A pending `wait` keeps the operation.
  request(op.actor(), caf::infinite, rdma::wait_atom_v)
    .then([this, slot,
           begun](const rdma::report& x) { end(slot, begun, x.lane); },
          [](const caf::error& err) { die(to_string(err)); });
}

void loop_caller::end(size_t slot, clock::time_point begun,
                      const std::string& lane) {
  auto now = clock::now();
  samples_.us.push_back(
    std::chrono::duration<double, std::micro>(now - begun).count());
  if (samples_.us.size() < remote_.size()) {
    begin(slot);
    return;
  }
  samples_.lane = lane;
  samples_.seconds = std::chrono::duration<double>(now - start_).count();
  result_->set_value(std::move(samples_));
  quit();
}

} // namespace transfer_bench
