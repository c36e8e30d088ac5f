// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"
#include "caf_rdma/transport/lanes/ucx_lane.hpp"
#include "caf_rdma/transport/links/link_table.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"
#include "caf_rdma/transport/ucx/worker.hpp"

#include <ucp/api/ucp_def.h>

#include <caf/telemetry/counter.hpp>

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace rdma {

/// Takes what peers send, by UCX or through a ring. Bytes land, or are held, at
/// once; other frames wait for `dispatch`, as UCX's progress is no place to
/// answer from.
class frame_receiver {
public:
  // -- construction ----------------------------------------------------------

  frame_receiver(progress_loop& loop, ucx::worker& worker, link_table& links,
                 transfer_table& transfers, ucx_lane& by_ucx,
                 local_lane& in_place);

  frame_receiver(const frame_receiver&) = delete;

  frame_receiver& operator=(const frame_receiver&) = delete;

  // -- operations ------------------------------------------------------------

  /// Has UCX call us for each message from now on.
  caf::error listen();

  /// Takes what lies in the rings, some of it; the peers take turns. Returns
  /// the number of messages.
  size_t receive_rings();

  /// Handles what has come of a link that is about to end, and what the peer
  /// has put into its ring.
  void finish(link_id id);

  /// Handles frames that have come, for some time. Returns their number. Unless
  /// nothing is left nothing else must be received: what comes later would
  /// overtake the rest, of which there is a bound in this way.
  size_t dispatch();

  /// True if there is nothing left to dispatch.
  bool empty() const noexcept {
    return waiting_.empty();
  }

  /// Drops what is left.
  void abandon();

private:
  struct arrival {
    frame what;
    ucp_ep_h reply = nullptr;
    // Of an offer that has come before its link is up: UCX's handle for data
    // that waits at the source, or the data.
    void* held = nullptr;
    std::vector<std::byte> data;
  };

  static ucs_status_t on_message(void* arg, const void* header,
                                 size_t header_size, void* data, size_t size,
                                 const ucp_am_recv_param_t* param);

  /// Takes a message whose data are at hand.
  void receive(std::span<const std::byte> frames,
               std::span<const std::byte> data, ucp_ep_h reply);

  void receive(frame x, std::span<const std::byte> data, ucp_ep_h reply);

  /// Takes an offer whose data, `size` bytes, wait at the source.
  ucs_status_t receive_held(frame x, void* handle, size_t size);

  /// Returns the number of messages.
  size_t receive_ring(ucx_link& from, local::ring_reader& ring);

  /// The peer uses our ring, or does so no more.
  void switch_ring(ucx_link& from);

  void hold_in_place(ucx_link& from, const frame& x);

  void dispatch(arrival& x);

  void dispatch_postponed(ucx_link* from, arrival& x);

  progress_loop& loop_;
  ucx::worker& worker_;
  link_table& links_;
  transfer_table& transfers_;
  ucx_lane& by_ucx_;
  local_lane& in_place_;
  std::deque<arrival> waiting_;
  caf::telemetry::int_counter* ring_messages_;
  std::vector<link_id> broken_; // links with nonsense in their ring
  bool in_ring_ = false;        // what is being received comes from a ring
};

} // namespace rdma
