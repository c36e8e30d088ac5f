// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/connectors/peer.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace rdma {

peer_state::peer_state(actor_base* self, transport_actor transport,
                       worker_info remote, peer_listener listener)
  : self_(self),
    transport_(std::move(transport)),
    remote_(std::move(remote)),
    listener_(std::move(listener)) {
  // nop
}

peer_state::~peer_state() {
  self_->loop().cancel(quit_);
}

peer_actor::behavior_type peer_state::make_behavior() {
  return {
    [this](link_atom) -> caf::result<link_info> {
      if (link_.id != 0)
        return link_;
      waiting_.push_back(self_->make_response_promise<link_info>());
      auto result = waiting_.back();
      if (waiting_.size() == 1)
        connect();
      return result;
    },
    [this](const link_down& x) {
      if (x.id != link_.id)
        return;
      set_link({});
      on_idle();
    },
    [this](const link_info& x) {
      if (x.id == link_.id)
        set_link(x);
    },
    [this](dropped_atom) {
      dropped_ = true;
      on_idle();
    },
  };
}

void peer_state::connect() {
  auto watcher
    = caf::actor_cast<link_watcher>(caf::strong_actor_ptr{self_->ctrl()});
  self_->request(transport_, caf::infinite, connect_atom_v, remote_, watcher)
    .then(
      [this](const link_info& x) {
        set_link(x);
        answer(x);
      },
      [this](const caf::error& reason) {
        answer(reason);
        on_idle();
      });
}

void peer_state::set_link(const link_info& x) {
  link_ = x;
  if (listener_)
    self_->send(listener_, link_atom_v, uint64_t{self_->id()}, x);
}

template <class T>
void peer_state::answer(const T& x) {
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(x);
}

// -- the end -----------------------------------------------------------------

void peer_state::on_idle() {
  if (!idle())
    return;
  if (dropped_)
    quit_later();
  else if (listener_)
    self_->send(listener_, ended_atom_v, uint64_t{self_->id()});
}

void peer_state::quit_later() {
  self_->loop().cancel(quit_);
  // The timer must not keep an actor alive that has quit.
  caf::weak_actor_ptr weak{self_->ctrl()};
  quit_ = self_->loop().after(quit_delay, [this, weak] {
    if (auto ptr = weak.lock(); ptr && idle())
      caf::anon_send_exit(caf::actor_cast<caf::actor>(ptr),
                          caf::exit_reason::user_shutdown);
  });
}

} // namespace rdma
