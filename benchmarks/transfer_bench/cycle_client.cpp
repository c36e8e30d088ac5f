// SPDX-License-Identifier: BSD-3-Clause

#include "cycle_client.hpp"

#include "released.hpp"
#include "requests.hpp"

#include <utility>

namespace transfer_bench {

cycle_client::cycle_client(caf::actor_config& cfg,
                           rdma::connector_actor connector, work x,
                           line_channel& peer,
                           std::shared_ptr<std::promise<samples>> result)
  : rdma::hosted_actor<caf::event_based_actor>(cfg),
    connector_(std::move(connector)),
    work_(x),
    peer_(peer),
    result_(std::move(result)) {
  samples_.us.reserve(x.count);
}

caf::behavior cycle_client::make_behavior() {
  poller_ = std::make_shared<channel_poller>(loop(), peer_,
                                             caf::actor_cast<caf::actor>(this));
  poller_->start();
  start_ = clock::now();
  next();
  return {
    [this](const std::string& line) {
      if (line == "told")
        end_part();
      else
        begin(line);
    },
    [this](caf::delete_atom) { end_part(); },
  };
}

void cycle_client::next() {
  begun_ = clock::now();
  parts_ = 0;
  peer_.tell("next");
}

void cycle_client::begin(const std::string& metadata_text) {
  auto md = rdma::metadata_from_text(metadata_text);
  if (!md)
    die("library: " + to_string(md.error()));
  auto owner = tell_when_released(caf::actor_cast<caf::actor>(this));
  request_begin(this, connector_, work_.mode,
                local_memory(0, work_, std::move(owner)), std::move(*md))
    .then(
      [this](rdma::operation& op) {
        request(op.actor(), no_timeout, rdma::wait_atom_v)
          .then(
            [this, op](const rdma::report& x) {
              samples_.lane = x.lane;
              end_part();
            },
            failed(work_));
      },
      failed(work_));
}

void cycle_client::end_part() {
  if (++parts_ < 3)
    return;
  auto now = clock::now();
  samples_.us.push_back(
    std::chrono::duration<double, std::micro>(now - begun_).count());
  if (samples_.us.size() < work_.count) {
    next();
    return;
  }
  poller_->stop();
  peer_.tell("end");
  samples_.seconds = std::chrono::duration<double>(now - start_).count();
  result_->set_value(std::move(samples_));
  quit();
}

} // namespace transfer_bench
