// SPDX-License-Identifier: BSD-3-Clause

#include "cycle_server.hpp"

#include "released.hpp"
#include "requests.hpp"

#include <utility>

namespace transfer_bench {

cycle_server::cycle_server(caf::actor_config& cfg,
                           rdma::connector_actor connector, work x,
                           line_channel& peer,
                           std::shared_ptr<std::promise<void>> result)
  : rdma::hosted_actor<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    peer_(peer),
    result_(std::move(result)) {
  // nop
}

caf::behavior cycle_server::make_behavior() {
  poller_ = std::make_shared<channel_poller>(loop(), peer_,
                                             caf::actor_cast<caf::actor>(this));
  poller_->start();
  return {
    [this](const std::string& line) {
      if (line == "next")
        next();
      else
        end();
    },
    [this](caf::delete_atom) { end_part(); },
  };
}

void cycle_server::next() {
  parts_ = 0;
  auto owner = tell_when_released(caf::actor_cast<caf::actor>(this));
  request_create(this, connector_, work_.mode,
                 local_memory(0, work_, std::move(owner)))
    .then([this](rdma::operation& op) { hand_over(std::move(op)); },
          failed(work_));
}

void cycle_server::hand_over(rdma::operation op) {
  request(op.actor(), no_timeout, rdma::metadata_atom_v)
    .then([this](const rdma::metadata& x) { peer_.tell(to_text(x)); },
          failed(work_));
  request(op.actor(), no_timeout, rdma::wait_atom_v)
    .then([this, op](const rdma::report&) { end_part(); }, failed(work_));
}

void cycle_server::end_part() {
  if (++parts_ == 2)
    peer_.tell("told");
}

void cycle_server::end() {
  poller_->stop();
  result_->set_value();
  quit();
}

} // namespace transfer_bench
