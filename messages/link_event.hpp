// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>

namespace rdma {

/// A link to a peer has come up, has ended, or could not be made; or it goes on
/// with another lane, and is up once more. May travel to other processes.
struct link_event {
  /// Name of the peer's worker: what it says it is.
  std::string peer;
  /// Names the life of the peer: a worker that restarts has another one.
  uint64_t incarnation = 0;
  /// How bytes travel: "ucx" or "local". Empty if the link never came up.
  std::string lane;
  bool up = false;
  /// Why there is no link: `peer_lost` (it died or shut down),
  /// `peer_unresponsive`, `peer_unreachable`, `link_reset`, or `shutting_down`
  /// if it is this runtime that does. None if it is up.
  caf::error reason;
};

template <class Inspector>
bool inspect(Inspector& f, link_event& x) {
  return f.object(x).fields(f.field("peer", x.peer),
                            f.field("incarnation", x.incarnation),
                            f.field("lane", x.lane), f.field("up", x.up),
                            f.field("reason", x.reason));
}

/// Hears of the links of a runtime.
using link_listener = caf::typed_actor<caf::result<void>(link_event)>;

} // namespace rdma
