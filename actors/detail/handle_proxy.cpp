// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/detail/handle_proxy.hpp"

#include "caf_rdma/actors/detail/atoms.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/default_attachable.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace rdma::detail {

handle_proxy::handle_proxy(caf::strong_actor_ptr target,
                           std::shared_ptr<loop_inbox> inbox)
  : caf::monitorable_actor(
    caf::actor_config{}.add_flag(is_actor_dot_decorator_flag)),
    target_(std::move(target)),
    inbox_(std::move(inbox)) {
  // Who monitors the handle learns of the end of the actor behind it.
  target_->get()->attach(caf::default_attachable::make_monitor(
    caf::actor_cast<caf::actor_addr>(target_), address()));
}

handle_proxy::~handle_proxy() {
  inbox_->post([target = std::move(target_)] {
    caf::anon_send(caf::actor_cast<caf::actor>(target), dropped_atom_v);
  });
}

bool handle_proxy::enqueue(caf::mailbox_element_ptr what,
                           caf::execution_unit* ctx) {
  auto on_down = [this, ctx](caf::down_msg& x) {
    cleanup(std::move(x.reason), ctx);
  };
  if (handle_system_message(*what, ctx, false, on_down))
    return true;
  return target_->enqueue(std::move(what), ctx);
}

} // namespace rdma::detail
