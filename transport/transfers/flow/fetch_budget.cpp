// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/flow/fetch_budget.hpp"

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
    adapt(bytes, now - since);
  } else if (since > last_cut_) {
    set_limit(least, limit_ / 2);
    last_cut_ = now;
  }
  in_flight_ -= bytes;
}

void fetch_budget::adapt(uint64_t bytes, time_point::duration took) {
  quickest_ = std::min(quickest_, took);
  // What is not felt proves nothing.
  if (in_flight_ <= limit_ / 2)
    return;
  auto waited = took > quickest_
                  ? static_cast<double>((took - quickest_).count())
                      / static_cast<double>(took.count())
                  : 0.0;
  auto queued = static_cast<uint64_t>(waited * static_cast<double>(in_flight_));
  if (queued < bytes)
    set_limit(least, limit_ + bytes);
  else if (queued > 2 * bytes && limit_ > bytes)
    set_limit(std::max(least, 2 * bytes), limit_ - bytes);
}

void fetch_budget::set_limit(uint64_t at_least, uint64_t value) {
  limit_ = std::min(most_, std::max(at_least, value));
}

} // namespace rdma
