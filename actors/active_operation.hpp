// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operation_core.hpp"
#include "caf_rdma/actors/peer.hpp"

#include <functional>

namespace rdma {

/// What an active operation knows of the other side.
struct remote_operation {
  peer_actor peer;
  /// Where the peer was last; none if its ID is 0.
  link_info link;
  std::string worker;
  token secret;
};

/// Asks the peer for a link, unless one is known. Calls `on_link`, at once or
/// later, or `on_error`, later.
void find_link(operation_core::actor_base* self, const remote_operation& remote,
               std::function<void(const link_info&)> on_link,
               std::function<void(const caf::error&)> on_error);

/// The answer of an active operation that is asked for metadata.
caf::error no_metadata();

} // namespace rdma
