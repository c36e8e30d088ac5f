// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/farewells.hpp"

#include <utility>

namespace rdma {

void farewells::add(link_id id, farewell x) {
  oldest_.push_back(id);
  all_[id] = std::move(x);
  if (oldest_.size() > max_size) {
    all_.erase(oldest_.front());
    oldest_.pop_front();
  }
}

std::optional<farewell> farewells::take(link_id id,
                                        progress_loop::time_point limit) {
  auto i = all_.find(id);
  if (i == all_.end() || i->second.since >= limit)
    return std::nullopt;
  auto result = std::move(i->second);
  all_.erase(i);
  return result;
}

} // namespace rdma
