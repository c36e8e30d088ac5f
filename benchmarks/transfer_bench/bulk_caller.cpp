// SPDX-License-Identifier: BSD-3-Clause

#include "bulk_caller.hpp"

#include "requests.hpp"

#include <utility>

namespace transfer_bench {

bulk_caller::bulk_caller(caf::actor_config& cfg,
                         rdma::connector_actor connector, work x,
                         rdma::metadata remote,
                         std::shared_ptr<std::promise<void>> started)
  : rdma::hosted_actor<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    remote_(std::move(remote)),
    started_(std::move(started)) {
  // nop
}

caf::behavior bulk_caller::make_behavior() {
  request_prepare(this, connector_, work_.mode, std::move(remote_), {})
    .then(
      [this](rdma::prepared_operation& x) {
        prepared_ = std::move(x);
        start();
        started_->set_value();
      },
      failed(work_));
  return {
    [](const std::string&) {}, // nobody sends this: it waits for responses
  };
}

void bulk_caller::start() {
  request(prepared_.actor(), no_timeout, rdma::start_atom_v)
    .then([this](const rdma::report&) { start(); }, failed(work_));
}

} // namespace transfer_bench
