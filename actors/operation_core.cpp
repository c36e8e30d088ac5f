// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operation_core.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace rdma {

namespace {

// Timers must not keep an actor alive that has quit.
template <class Atom>
progress_loop::timer_id
remind(operation_core::actor_base* self, caf::timespan delay, Atom what) {
  caf::weak_actor_ptr weak{self->ctrl()};
  return self->loop().after(delay, [weak, what] {
    if (auto ptr = weak.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(ptr), what);
  });
}

std::string sentence(errc code, const std::string& why) {
  switch (code) {
    case errc::deadline_exceeded:
      return "the deadline has passed";
    case errc::shutting_down:
      return "the runtime shuts down";
    default:
      return why.empty() ? to_string(code) : why;
  }
}

} // namespace

// -- construction, destruction -----------------------------------------------

operation_core::operation_core(actor_base* self, operation_setup setup)
  : self_(self), setup_(std::move(setup)) {
  report_.status = status::uninitialized;
  report_.total = total_size(setup_.local);
}

operation_core::~operation_core() {
  self_->loop().cancel(deadline_);
  self_->loop().cancel(grace_);
}

operation_impl::behavior_type operation_core::make_behavior() {
  report_.status = status::initialized;
  if (setup_.deadline != caf::infinite)
    deadline_ = remind(self_, setup_.deadline, deadline_atom_v);
  start();
  // CAF looks for a message's handler from the top: what each operation needs
  // comes first.
  return {
    [this](wait_atom, detail::keep_alive& handle) {
      return wait(std::move(handle), true);
    },
    // -- from the transport --------------------------------------------------
    [this](const transfer_settled& x) {
      if (!is_final(report_.status))
        on_settled(x);
    },
    [this](const transfer_landed& x) {
      if (!is_final(report_.status))
        on_landed(x);
    },
    [this](const transfer_claimed& x) {
      if (!ending())
        on_claimed(x);
      else if (key_.link == 0)
        key_ = x.key; // crossed our withdrawal: the peer must hear of the end
    },
    [this](const transfer_progress& x) {
      if (!ending())
        report_.bytes = x.bytes;
      progress_in_grace_ = true;
    },
    [this](const transfer_failed& x) {
      if (!ending())
        on_failed(x);
    },
    [this](frame& x) {
      if (!ending())
        on_frame(x);
    },
    // -- from the connector, the handle and the timers -----------------------
    [this](dropped_atom) {
      dropped_ = true;
      if (!ending())
        on_cancel(local_end(errc::cancelled, "the last handle was dropped"));
      quit_if_done();
    },
    [this](shutdown_atom, const caf::error& reason) -> caf::result<void> {
      if (!ending())
        on_cancel(reason);
      if (is_final(report_.status))
        return caf::unit;
      shutdowns_.emplace_back(self_->make_response_promise<void>());
      return shutdowns_.back();
    },
    [this](deadline_atom) {
      if (!ending())
        on_cancel(local_end(errc::deadline_exceeded, {}));
    },
    [this](grace_atom) { on_grace_over(); },
    // -- from the user -------------------------------------------------------
    [this](metadata_atom) { return describe(); },
    [this](status_atom) { return report_; },
    [this](cancel_atom, std::string& why, detail::keep_alive& handle) {
      if (!ending())
        on_cancel(local_end(errc::cancelled, std::move(why)));
      return wait(std::move(handle), false);
    },
    // Never sent: the proxy adds itself to these.
    [this](wait_atom) { return wait({}, true); },
    [this](cancel_atom) { return wait({}, false); },
    [this](cancel_atom, const std::string&) { return wait({}, false); },
  };
}

// -- hooks -------------------------------------------------------------------

void operation_core::on_claimed(const transfer_claimed& x) {
  begin_progress(x.key, x.lane, x.peer);
}

void operation_core::on_landed(const transfer_landed&) {
  // nop
}

void operation_core::on_settled(const transfer_settled&) {
  // nop
}

void operation_core::on_failed(const transfer_failed& x) {
  finish(x.reason);
}

void operation_core::on_final() {
  // nop
}

// -- the end -----------------------------------------------------------------

void operation_core::finish(caf::error reason) {
  auto outcome = outcome_of(reason);
  finish(outcome, std::move(reason));
}

void operation_core::finish(status outcome, caf::error reason) {
  if (ending())
    return;
  decide(outcome, std::move(reason));
  limit_grace();
  withdraw();
}

void operation_core::settle(status outcome, caf::error reason) {
  settled_ = true;
  decide(outcome, std::move(reason));
  if (!withdrawing_) // otherwise the transport is about to answer
    finalize();
}

void operation_core::decide(status outcome, caf::error reason) {
  outcome_ = outcome;
  outcome_reason_ = std::move(reason);
  if (outcome == status::complete)
    report_.bytes = report_.total;
}

void operation_core::withdraw() {
  withdrawing_ = true;
  self_
    ->request(setup_.transport, caf::infinite,
              withdrawal{secret_, key_, last_words()})
    .then([this] { finalize(); }, [this](const caf::error&) { finalize(); });
}

void operation_core::finalize() {
  self_->loop().cancel(deadline_);
  self_->loop().cancel(grace_);
  report_.status = *outcome_;
  report_.reason = outcome_reason_;
  setup_.metrics->count(report_);
  setup_.local.clear(); // the owners of the memory are free to go
  on_final();
  for (auto& x : std::exchange(waiters_, {}))
    answer(x);
  for (auto& x : std::exchange(shutdowns_, {}))
    x.deliver();
  quit_if_done();
}

void operation_core::quit_if_done() {
  if (!dropped_ || !is_final(report_.status))
    return;
  self_->send(setup_.listener, ended_atom_v, uint64_t{self_->id()});
  self_->quit();
}

void operation_core::limit_grace() {
  if (grace_ != progress_loop::timer_id{})
    return;
  progress_in_grace_ = false;
  grace_ = remind(self_, setup_.grace, grace_atom_v);
}

void operation_core::on_grace_over() {
  if (is_final(report_.status))
    return;
  grace_ = {};
  if (progress_in_grace_)
    limit_grace();
  else if (key_.link != 0)
    self_->send(setup_.transport, reset_atom_v, key_.link,
                make_error(errc::link_reset,
                           "peer " + report_.peer
                             + " did not let go of an ended operation"));
}

transfer_ended operation_core::last_words() const {
  if (*outcome_ == status::complete)
    return {status::complete, errc::none, {}, report_.bytes};
  return {*outcome_, code_of(outcome_reason_), reason_of(outcome_reason_),
          report_.bytes};
}

// -- waiting -----------------------------------------------------------------

caf::result<report> operation_core::wait(detail::keep_alive handle,
                                         bool wants_error) {
  auto promise = self_->make_response_promise<report>();
  waiter x{promise, std::move(handle), wants_error};
  if (is_final(report_.status))
    answer(x);
  else
    waiters_.push_back(std::move(x));
  return promise;
}

void operation_core::answer(waiter& x) {
  if (x.wants_error && report_.status != status::complete)
    x.promise.deliver(report_.reason);
  else
    x.promise.deliver(report_);
}

// -- progress ----------------------------------------------------------------

void operation_core::begin_progress(const transfer_key& key, std::string lane,
                                    std::string peer) {
  key_ = key;
  report_.lane = std::move(lane);
  report_.peer = std::move(peer);
  report_.status = status::in_progress;
}

transfer_owner operation_core::owner() const {
  return caf::actor_cast<transfer_owner>(caf::strong_actor_ptr{self_->ctrl()});
}

// -- reasons -----------------------------------------------------------------

status outcome_of(const caf::error& reason) {
  if (reason == caf::none)
    return status::complete;
  return code_of(reason) == errc::cancelled ? status::cancelled
                                            : status::errored;
}

caf::error local_end(errc code, std::string why) {
  return make_error(code, sentence(code, why));
}

caf::error remote_end(const std::string& peer, errc code,
                      const std::string& why) {
  return make_error(code, "at peer " + peer + ": " + sentence(code, why));
}

} // namespace rdma
