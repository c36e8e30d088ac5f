// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/loop/loop_inbox.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>

#include <memory>

namespace rdma::detail {

/// Stands in front of an actor on a progress loop and sees the last user handle
/// go away, which the actor itself cannot: it holds itself. Forwards everything
/// without a hop. When it dies, on whatever thread, it posts `dropped` to the
/// loop's inbox, which may outlive the loop.
class handle_proxy : public caf::monitorable_actor {
public:
  handle_proxy(caf::strong_actor_ptr target, std::shared_ptr<loop_inbox> inbox);

  ~handle_proxy() override;

  using caf::abstract_actor::enqueue;

  bool enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* ctx) override;

  const char* name() const override {
    return "rdma.handle";
  }

  /// Called by `caf::make_actor`.
  void setup_metrics() {
    // nop
  }

private:
  caf::strong_actor_ptr target_;
  std::shared_ptr<loop_inbox> inbox_;
};

/// Wraps `target`; the result has the same or a smaller interface.
template <class Handle>
Handle make_proxy(caf::actor_system& sys, caf::strong_actor_ptr target,
                  std::shared_ptr<loop_inbox> inbox) {
  return caf::make_actor<handle_proxy, Handle>(sys.next_actor_id(), sys.node(),
                                               &sys, std::move(target),
                                               std::move(inbox));
}

} // namespace rdma::detail
