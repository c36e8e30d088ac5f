// SPDX-License-Identifier: BSD-3-Clause

#include "granted_caller.hpp"

#include "requests.hpp"

#include <algorithm>
#include <utility>

namespace transfer_bench {

granted_caller::granted_caller(caf::actor_config& cfg,
                               rdma::connector_actor connector, work x,
                               size_t first_slot, rdma::metadata remote,
                               std::shared_ptr<std::promise<samples>> result)
  : rdma::hosted_actor<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    first_slot_(first_slot),
    remote_(std::move(remote)),
    result_(std::move(result)) {
  samples_.us.reserve(work_.count);
}

caf::behavior granted_caller::make_behavior() {
  for (size_t i = 0; i < work_.outstanding; ++i)
    prepare(first_slot_ + i);
  return {
    [](const std::string&) {}, // nobody sends this: it waits for responses
  };
}

void granted_caller::prepare(size_t slot) {
  rdma::operation_options opts;
  opts.blocks = granted_blocks(slot, work_);
  request_prepare(this, connector_, work_.mode, remote_, std::move(opts))
    .then(
      [this](rdma::prepared_operation& x) {
        prepared_.push_back(std::move(x));
        if (prepared_.size() < work_.outstanding)
          return;
        start_ = clock::now();
        for (size_t i = 0; i < prepared_.size(); ++i)
          start(i);
      },
      failed(work_));
}

void granted_caller::start(size_t index) {
  if (begun_ == work_.count)
    return;
  ++begun_;
  auto begun = clock::now();
  request(prepared_[index].actor(), no_timeout, rdma::start_atom_v)
    .then([this, index, begun](const rdma::report& x) { end(index, begun, x); },
          failed(work_));
}

void granted_caller::end(size_t index, clock::time_point begun,
                         const rdma::report& x) {
  auto now = clock::now();
  samples_.us.push_back(
    std::chrono::duration<double, std::micro>(now - begun).count());
  if (samples_.us.size() < work_.count) {
    start(index);
    return;
  }
  samples_.lane = x.lane;
  samples_.seconds = std::chrono::duration<double>(now - start_).count();
  result_->set_value(std::move(samples_));
  quit();
}

} // namespace transfer_bench
