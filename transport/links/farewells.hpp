// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

namespace rdma {

/// What a peer has to be told that still uses a link we have closed by force:
/// our goodbye may have been lost with what UCX had not sent.
struct farewell {
  worker_info peer;
  frame goodbye;
  progress_loop::time_point since;
};

/// Remembers the farewells of links that are gone; the oldest are forgotten.
class farewells {
public:
  static constexpr size_t max_size = 1024;

  void add(link_id id, farewell x);

  /// Takes the farewell of a link out, if it was said before `limit`.
  std::optional<farewell> take(link_id id, progress_loop::time_point limit);

private:
  std::unordered_map<link_id, farewell> all_;
  std::deque<link_id> oldest_;
};

} // namespace rdma
