// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "line_channel.hpp"

#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/actor.hpp>

#include <memory>

namespace transfer_bench {

/// Looks for lines of the other process in each round of a progress loop, and
/// sends them to an actor there: a channel without threads that sleep. The loop
/// never sleeps meanwhile.
class channel_poller : public std::enable_shared_from_this<channel_poller> {
public:
  channel_poller(rdma::progress_loop& loop, line_channel& channel,
                 caf::actor listener);

  void start();

  void stop();

private:
  void poll();

  rdma::progress_loop& loop_;
  line_channel& channel_;
  caf::actor listener_;
};

} // namespace transfer_bench
