// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/link_listeners.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace rdma {

bool tell(const caf::actor_addr& listener, const link_event& x) {
  auto hdl = caf::actor_cast<link_listener>(listener);
  if (hdl)
    caf::anon_send(hdl, x);
  return static_cast<bool>(hdl);
}

void link_listeners::add(caf::actor_addr x) {
  std::erase_if(listeners_, [](auto& listener) {
    return caf::actor_cast<link_listener>(listener) == nullptr;
  });
  listeners_.push_back(std::move(x));
}

void link_listeners::tell(const link_event& x) {
  std::erase_if(listeners_,
                [&x](auto& listener) { return !rdma::tell(listener, x); });
}

} // namespace rdma
