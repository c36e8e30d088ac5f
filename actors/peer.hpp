// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/type_ids.hpp"
#include "caf_rdma/transport/hosted.hpp"
#include "caf_rdma/transport/transport.hpp"

#include <caf/result.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <vector>

namespace rdma {

/// Stands for one life of a remote worker.
///
/// - link: answers with a link that is up; connects first if there is none.
/// - link_down: from the transport.
using peer_actor = caf::typed_actor<caf::result<link_info>(link_atom),
                                    caf::result<void>(link_down)>;

class peer_state {
public:
  using actor_base = hosted<peer_actor::base>;

  static inline const char* name = "rdma.peer";

  peer_state(actor_base* self, transport_actor transport, worker_info remote);

  peer_actor::behavior_type make_behavior();

private:
  using promise = caf::typed_response_promise<link_info>;

  void connect();

  /// Answers everybody who waits for the link.
  template <class T>
  void answer(const T& x);

  actor_base* self_;
  transport_actor transport_;
  worker_info remote_;
  link_info link_;               // with ID 0 while there is none
  std::vector<promise> waiting_; // not empty while connecting
};

using peer_impl = caf::stateful_actor<peer_state, peer_state::actor_base>;

} // namespace rdma
