// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/operation_core.hpp"

#include "caf_rdma/transport/base/log.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <utility>

namespace rdma {

namespace {

// A kernel takes about so long at least; nobody waits for it more often.
constexpr auto gpu_poll_interval = std::chrono::microseconds{20};

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
  report_.total = setup_.local.size();
}

operation_core::~operation_core() {
  self_->loop().cancel(deadline_);
  self_->loop().cancel(grace_);
  self_->loop().cancel(poll_);
  if (unstarted() || is_final(report_.status))
    return;
  // Killed by the end of the loop, after the transport.
  setup_.metrics->end(setup_.kind, self_->loop().now() - started_);
  for (auto& x : waiters_)
    x.promise.deliver(local_end(errc::shutting_down, {}));
}

operation_impl::behavior_type operation_core::make_behavior() {
  report_.status = status::initialized;
  if (!setup_.prepared) {
    set_deadline(setup_.deadline);
    start_in_turn();
  }
  // CAF looks for a message's handler from the top: what each operation needs
  // comes first.
  return {
    [this](wait_atom) { return wait(true); },
    [this](start_atom) { return restart({}); },
    // -- from the transport --------------------------------------------------
    [this](const transfer_settled& x) { handle(x); },
    [this](const transfer_landed& x) { handle(x); },
    [this](const transfer_claimed& x) { handle(x); },
    [this](const transfer_progress& x) { handle(x); },
    [this](const transfer_failed& x) { handle(x); },
    [this](frame& x) { handle(x); },
    // -- from the connector, the handle and the timers -----------------------
    [this](dropped_atom) {
      dropped_ = true;
      if (!ending() && !unstarted())
        on_cancel(local_end(errc::cancelled,
                            "the last copy of the operation was dropped"));
      quit_if_done();
    },
    [this](shutdown_atom, const caf::error& reason) { shut_down(reason); },
    [this](deadline_atom) {
      if (!ending())
        on_cancel(local_end(errc::deadline_exceeded, {}));
    },
    [this](grace_atom) { on_grace_over(); },
    [this](await_atom) { poll_gpu(); },
    // -- from the user -------------------------------------------------------
    [this](metadata_atom) { return describe(); },
    [this](status_atom) { return report_; },
    [this](cancel_atom) { return cancel({}); },
    [this](cancel_atom, std::string& why) { return cancel(std::move(why)); },
    [this](renew_atom, caf::timespan lease) -> caf::result<void> {
      if (ending())
        return make_error(errc::operation_ended,
                          "the operation has ended: it cannot be renewed");
      if (lease <= caf::timespan{0})
        return make_error(errc::invalid_option, "the lease is not positive");
      set_deadline(lease);
      return caf::unit;
    },
    [this](start_atom, std::string& notification) {
      return restart(std::move(notification));
    },
  };
}

// -- hooks -------------------------------------------------------------------

void operation_core::reset() {
  // nop
}

caf::error operation_core::set_notification(std::optional<std::string>) {
  return {};
}

void operation_core::on_final() {
  // nop
}

void operation_core::give_up_peers() {
  // nop
}

void operation_core::count(operation_metrics& metrics) {
  metrics.count(setup_.kind, report_);
}

// -- the beginning -----------------------------------------------------------

void operation_core::set_deadline(caf::timespan delay) {
  self_->loop().cancel(deadline_);
  deadline_ = {};
  if (delay != caf::infinite)
    deadline_ = remind(self_, delay, deadline_atom_v);
}

caf::result<report>
operation_core::restart(std::optional<std::string> notification) {
  if (!setup_.prepared)
    return make_error(errc::kind_mismatch,
                      "only prepared operations can be started");
  if (closed_ != caf::none)
    return closed_;
  if (!unstarted() && !is_final(report_.status))
    return make_error(errc::operation_busy, "the start before has not ended");
  if (auto err = set_notification(std::move(notification)); err != caf::none)
    return err;
  auto total = report_.total;
  report_ = {};
  report_.status = status::initialized;
  report_.total = total;
  ++start_number_;
  outcome_.reset();
  outcome_reason_ = {};
  links_reset_ = false;
  reset();
  auto result = wait(true);
  set_deadline(setup_.deadline);
  start_in_turn();
  return result;
}

void operation_core::start_in_turn() {
  started_ = self_->loop().now();
  setup_.metrics->begin(setup_.kind);
  if (!setup_.sync.waits()) {
    start();
    return;
  }
  auto work = setup_.gpus.space->await(setup_.sync);
  if (work) {
    awaited_ = std::move(*work);
    poll_gpu();
  } else {
    finish(std::move(work.error()));
  }
}

void operation_core::poll_gpu() {
  if (ending() || awaited_ == nullptr)
    return;
  auto ended = awaited_->ended();
  if (ended && !*ended) {
    poll_ = remind(self_, gpu_poll_interval, await_atom_v);
    return;
  }
  awaited_ = nullptr;
  if (ended)
    start();
  else
    finish(std::move(ended.error()));
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
  release();
}

void operation_core::decide(status outcome, caf::error reason) {
  outcome_ = outcome;
  outcome_reason_ = std::move(reason);
}

caf::result<report> operation_core::cancel(std::string why) {
  if (unstarted())
    return report_;
  if (!ending())
    on_cancel(local_end(errc::cancelled, std::move(why)));
  return wait(false);
}

void operation_core::shut_down(const caf::error& reason) {
  closed_ = reason;
  if (!unstarted() && !ending())
    on_cancel(reason);
  leave_home();
}

void operation_core::leave_home() {
  if (closed_ != caf::none && (unstarted() || is_final(report_.status)))
    self_->send(setup_.home, final_atom_v, uint64_t{self_->id()});
}

void operation_core::finalize() {
  self_->loop().cancel(deadline_);
  self_->loop().cancel(grace_);
  self_->loop().cancel(poll_);
  grace_ = {};
  awaited_ = nullptr;
  // The peer knows that every byte is in place: that stays true if the event
  // cannot be recorded.
  if (*outcome_ == status::complete && setup_.sync.signal != nullptr)
    outcome_reason_ = setup_.gpus.space->signal(setup_.sync.signal);
  report_.status = *outcome_;
  report_.reason = outcome_reason_;
  record_end();
  if (!setup_.prepared)
    setup_.local = {}; // the owners of the memory are free to go
  on_final();
  for (auto& x : std::exchange(waiters_, {}))
    answer(x);
  leave_home();
  quit_if_done();
}

void operation_core::record_end() {
  setup_.metrics->end(setup_.kind, self_->loop().now() - started_);
  count(*setup_.metrics);
  if (report_.status == status::cancelled || report_.reason == caf::none)
    return;
  log_info(self_->home_system(), [this] {
    return setup_.kind + " operation " + std::to_string(self_->id())
           + (report_.peer.empty() ? "" : " with " + report_.peer) + ": "
           + to_string(code_of(report_.reason)) + ", "
           + reason_of(report_.reason);
  });
}

void operation_core::quit_if_done() {
  if (!dropped_ || !(is_final(report_.status) || unstarted()))
    return;
  self_->send(setup_.home, ended_atom_v, uint64_t{self_->id()});
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
  if (!progress_in_grace_ && links_reset_) {
    give_up_peers();
  } else if (!progress_in_grace_) {
    links_reset_ = true;
    for (auto link : stuck_links())
      self_->send(setup_.transport, reset_atom_v, link,
                  make_error(errc::link_reset,
                             "the peer did not let go of an ended operation"));
  }
  limit_grace();
}

std::string operation_core::full_name(const std::string& lane) const {
  if (!setup_.local.on_device())
    return lane;
  return lane + (setup_.gpus.direct && lane == "ucx" ? "/direct" : "/staged");
}

transfer_ended operation_core::last_words() const {
  if (*outcome_ == status::complete)
    return {status::complete, errc::none, {}, report_.bytes};
  return {*outcome_, code_of(outcome_reason_), reason_of(outcome_reason_),
          report_.bytes};
}

// -- waiting -----------------------------------------------------------------

caf::result<report> operation_core::wait(bool wants_error) {
  auto promise = self_->make_response_promise<report>();
  waiter x{promise, wants_error};
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
