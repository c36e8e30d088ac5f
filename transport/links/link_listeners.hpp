// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/link_event.hpp"

#include <caf/actor_addr.hpp>

#include <vector>

namespace rdma {

/// Those who want to hear of links. Keeps nobody alive.
class link_listeners {
public:
  void add(caf::actor_addr x);

  /// Sends the event to all who live, and forgets the others.
  void tell(const link_event& x);

private:
  std::vector<caf::actor_addr> listeners_;
};

/// Sends the event to one of them. Returns false if it is dead.
bool tell(const caf::actor_addr& listener, const link_event& x);

} // namespace rdma
