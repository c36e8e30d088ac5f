// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/scripted_transport.hpp"

namespace rdma_test {

// -- script: answers ---------------------------------------------------------

void script::connected(const rdma::link_info& x) {
  for (auto& call : std::exchange(connects, {})) {
    watchers.push_back(call.watcher);
    call.promise.deliver(x);
  }
}

void script::connected(const caf::error& x) {
  for (auto& call : std::exchange(connects, {}))
    call.promise.deliver(x);
}

void script::know_sinks() {
  for (auto& x : std::exchange(unknown_sinks, {}))
    x.deliver();
}

void script::release() {
  for (auto& call : std::exchange(held_withdrawals, {}))
    answer(call);
}

void script::answer(withdraw_call& x) {
  std::erase_if(sinks, [&x](const rdma::sink& y) {
    return y.secret == x.what.secret;
  });
  std::erase_if(sources,
                [&x](const rdma::source& y) { return y.key == x.what.key; });
  x.promise.deliver();
}

// -- script: requests --------------------------------------------------------

void script::connect(connect_call x) {
  connects.push_back(std::move(x));
  if (auto_connect)
    connected(scripted_link);
}

void script::withdraw(withdraw_call x) {
  withdrawals.push_back(x.what);
  held_withdrawals.push_back(std::move(x));
  if (auto_release)
    release();
}

// -- scripted_transport_state ------------------------------------------------

scripted_transport_state::scripted_transport_state(actor_base* self,
                                                   std::shared_ptr<script> x)
  : self_(self), script_(std::move(x)) {
  // nop
}

rdma::transport_actor::behavior_type scripted_transport_state::make_behavior() {
  return {
    [this](rdma::connect_atom, rdma::worker_info& to,
           rdma::link_watcher& watcher) {
      script_->calls.emplace_back("connect");
      auto promise = self_->make_response_promise<rdma::link_info>();
      script_->connect({std::move(to), std::move(watcher), promise});
      return promise;
    },
    [this](rdma::frame& x) {
      script_->calls.emplace_back("frame");
      script_->frames.push_back(std::move(x));
    },
    [this](rdma::standing_grant& x) {
      script_->calls.emplace_back("standing_grant");
      script_->grants.push_back(std::move(x));
    },
    [this](rdma::sink& x) {
      script_->calls.emplace_back("sink");
      script_->sinks.push_back(std::move(x));
      auto promise = self_->make_response_promise<void>();
      script_->unknown_sinks.push_back(promise);
      if (script_->auto_sink)
        script_->know_sinks();
      return promise;
    },
    [this](rdma::source& x) {
      script_->calls.emplace_back("source");
      script_->sources.push_back(std::move(x));
    },
    [this](rdma::withdrawal& x) {
      script_->calls.emplace_back("withdrawal");
      auto promise = self_->make_response_promise<void>();
      script_->withdraw({std::move(x), promise});
      return promise;
    },
    [](rdma::watch_atom, const caf::actor_addr&) {},
    [this](rdma::reset_atom, rdma::link_id id, caf::error& reason) {
      script_->calls.emplace_back("reset");
      script_->resets.emplace_back(id, std::move(reason));
    },
    [this](rdma::shutdown_atom) { script_->calls.emplace_back("shutdown"); },
  };
}

} // namespace rdma_test
