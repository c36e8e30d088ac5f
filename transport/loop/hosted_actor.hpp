// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/config.hpp>
#include <caf/prohibit_top_level_spawn_marker.hpp>

namespace rdma {

/// Pins an event-based actor type to a progress loop for its entire life, as
/// CAF pins its brokers to the multiplexer. The actor holds itself until it
/// quits: otherwise CAF would destroy its state on whatever thread happens to
/// drop the last handle.
///
/// An actor that calls `quit` outside of its message handlers, e.g., in a timer
/// of the loop, only ends with the next message that it receives.
///
/// Companion of progress_loop.cpp, which uses CAF's scheduling internals.
template <class Base>
class hosted_actor : public Base, public caf::prohibit_top_level_spawn_marker {
public:
  explicit hosted_actor(caf::actor_config& cfg)
    : Base(cfg), loop_(dynamic_cast<progress_loop*>(cfg.host)) {
    if (loop_ == nullptr)
      CAF_CRITICAL("hosted actors must be spawned on a progress loop");
  }

  progress_loop& loop() const noexcept {
    return *loop_;
  }

  using Base::enqueue;

  bool enqueue(caf::mailbox_element_ptr ptr, caf::execution_unit*) override {
    return Base::enqueue(std::move(ptr), loop_);
  }

  caf::resumable::subtype_t subtype() const override {
    return caf::resumable::io_actor;
  }

  caf::resumable::resume_result resume(caf::execution_unit* ctx,
                                       size_t max_throughput) override {
    auto result = Base::resume(ctx, max_throughput);
    // CAF forgets to finalize an actor that was found to have quit elsewhere.
    return this->finalize() ? caf::resumable::done : result;
  }

  void launch(caf::execution_unit* ctx, bool lazy, bool hide) override {
    self_ = caf::strong_actor_ptr{this->ctrl()};
    loop_->actor_launched(this->ctrl());
    Base::launch(ctx, lazy, hide);
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    if (!Base::cleanup(std::move(reason), host))
      return false;
    loop_->actor_terminated(this->ctrl());
    self_ = nullptr; // the loop still holds the job that is running us
    return true;
  }

private:
  progress_loop* loop_;
  caf::strong_actor_ptr self_;
};

} // namespace rdma
