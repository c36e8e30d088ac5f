// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/links/ucx_link.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <ucp/api/ucp_def.h>

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

namespace rdma {

/// Frames for workers that are not linked. Each goes over an endpoint of its
/// own, which stays open until the frame has had time to leave: closing with a
/// flush would never end with a peer that hangs. Who takes a notice out closes
/// its endpoint.
class notices {
public:
  using link_ptr = std::unique_ptr<ucx_link>;

  using time_point = progress_loop::time_point;

  // -- properties ------------------------------------------------------------

  bool contains(ucp_ep_h endpoint) const {
    return all_.contains(endpoint);
  }

  /// True if the oldest notice has had its time.
  bool due() const noexcept {
    return !oldest_.empty() && oldest_.front().second < limit_;
  }

  // -- operations ------------------------------------------------------------

  void add(link_ptr link, time_point now);

  /// Notices from before `limit` have had their time.
  void end_before(time_point limit) noexcept {
    if (limit > limit_)
      limit_ = limit;
  }

  /// Takes a notice out.
  link_ptr take(ucp_ep_h endpoint);

  /// Takes the oldest notice out. Returns nullptr if it is gone already.
  link_ptr take_oldest();

  /// Takes any notice out. Returns nullptr if there is none.
  link_ptr take_any();

  /// Sends what can leave. Returns true if something has to wait.
  bool try_to_send();

private:
  struct notice {
    link_ptr link;
    time_point since;
  };

  std::unordered_map<ucp_ep_h, notice> all_;
  std::deque<std::pair<ucp_ep_h, time_point>> oldest_;
  time_point limit_;
};

} // namespace rdma
