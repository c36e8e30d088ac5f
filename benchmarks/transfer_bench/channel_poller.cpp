// SPDX-License-Identifier: BSD-3-Clause

#include "channel_poller.hpp"

#include <caf/send.hpp>

#include <string>
#include <utility>

namespace transfer_bench {

channel_poller::channel_poller(rdma::progress_loop& loop, line_channel& channel,
                               caf::actor listener)
  : loop_(loop), channel_(channel), listener_(std::move(listener)) {
  // nop
}

void channel_poller::start() {
  loop_.post([self = shared_from_this()] { self->poll(); });
}

void channel_poller::stop() {
  listener_ = nullptr;
}

void channel_poller::poll() {
  if (!listener_)
    return;
  if (std::string line; channel_.try_hear(line))
    caf::anon_send(listener_, std::move(line));
  start();
}

} // namespace transfer_bench
