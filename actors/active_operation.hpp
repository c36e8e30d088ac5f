// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operation_core.hpp"
#include "caf_rdma/actors/peer.hpp"

#include <functional>

namespace rdma {

/// What an active operation knows of the other side.
struct remote_operation {
  peer_actor peer;
  std::string worker;
  token secret;
};

/// Asks the peer for a link. Calls `on_link` or `on_error`, later.
void request_link(operation_core::actor_base* self, const peer_actor& peer,
                  std::function<void(const link_info&)> on_link,
                  std::function<void(const caf::error&)> on_error);

/// The answer of an active operation that is asked for metadata.
caf::error no_metadata();

} // namespace rdma
