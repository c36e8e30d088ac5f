// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/notices.hpp"

namespace rdma {

void notices::add(link_ptr link, time_point now) {
  auto endpoint = link->endpoint.get();
  all_[endpoint] = {std::move(link), now};
  oldest_.emplace_back(endpoint, now);
}

notices::link_ptr notices::take(ucp_ep_h endpoint) {
  auto node = all_.extract(endpoint);
  return std::move(node.mapped().link);
}

// The handle may be another notice's by now.
notices::link_ptr notices::take_oldest() {
  auto [endpoint, since] = oldest_.front();
  oldest_.pop_front();
  auto i = all_.find(endpoint);
  return i != all_.end() && i->second.since == since ? take(endpoint) : nullptr;
}

notices::link_ptr notices::take_any() {
  return all_.empty() ? nullptr : take(all_.begin()->first);
}

bool notices::try_to_send() {
  auto result = false;
  for (auto& [endpoint, x] : all_)
    result |= !x.link->try_hello();
  return result;
}

} // namespace rdma
