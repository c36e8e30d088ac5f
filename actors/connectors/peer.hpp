// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/detail/atoms.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/result.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace rdma {

/// Stands for one life of a remote worker.
///
/// - link: answers with a link that is up; connects first if there is none.
/// - link_down, link_info (it goes on with another lane): from the transport.
/// - dropped: from its connector, which has forgotten it.
using peer_actor
  = caf::typed_actor<caf::result<link_info>(link_atom),
                     caf::result<void>(link_down), caf::result<void>(link_info),
                     caf::result<void>(dropped_atom)>;

/// Hears from peers, which name themselves by their actor ID.
///
/// - link: the peer has this link now; none if its ID is 0.
/// - ended: the peer may be forgotten.
using peer_listener
  = caf::typed_actor<caf::result<void>(link_atom, uint64_t, link_info),
                     caf::result<void>(ended_atom, uint64_t)>;

class peer_state {
public:
  using actor_base = hosted_actor<peer_actor::base>;

  static inline const char* name = "rdma.peer";

  /// The listener is told of each link that comes or goes, and whenever the
  /// peer has lost its link and nobody waits for another.
  peer_state(actor_base* self, transport_actor transport, worker_info remote,
             peer_listener listener = {});

  peer_state(const peer_state&) = delete;

  peer_state& operator=(const peer_state&) = delete;

  ~peer_state();

  peer_actor::behavior_type make_behavior();

private:
  // Requests that are on their way while the connector forgets a peer come
  // within so long.
  static constexpr auto quit_delay = std::chrono::seconds{1};

  using promise = caf::typed_response_promise<link_info>;

  void connect();

  /// Answers everybody who waits for the link.
  template <class T>
  void answer(const T& x);

  void set_link(const link_info& x);

  void on_idle();

  void quit_later();

  bool idle() const noexcept {
    return link_.id == 0 && waiting_.empty();
  }

  actor_base* self_;
  transport_actor transport_;
  worker_info remote_;
  peer_listener listener_;
  link_info link_;               // with ID 0 while there is none
  std::vector<promise> waiting_; // not empty while connecting
  bool dropped_ = false;
  progress_loop::timer_id quit_;
};

using peer_impl = caf::stateful_actor<peer_state, peer_state::actor_base>;

} // namespace rdma
