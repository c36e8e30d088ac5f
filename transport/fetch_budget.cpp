// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/fetch_budget.hpp"

#include <algorithm>

namespace rdma {

fetch_budget::fetch_budget(const transport_options& options)
  : most_(options.max_inbound_bytes),
    slow_(options.heartbeat_limit / 4),
    limit_(std::min(least, most_)) {
  // nop
}

void fetch_budget::posted(uint64_t bytes, time_point now) {
  in_flight_ += bytes;
  posts_.push_back(now);
}

void fetch_budget::done(uint64_t bytes, time_point now) {
  auto since = posts_.front();
  posts_.pop_front();
  if (now - since <= slow_) {
    // What is not felt proves nothing.
    if (in_flight_ > limit_ / 2)
      limit_ = std::min(most_, limit_ + bytes);
  } else if (since > last_cut_) {
    limit_ = std::max(std::min(least, most_), limit_ / 2);
    last_cut_ = now;
  }
  in_flight_ -= bytes;
}

} // namespace rdma
