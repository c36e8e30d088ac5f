// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operation_metrics.hpp"

#include <caf/actor_system.hpp>

namespace rdma {

operation_metrics::operation_metrics(caf::actor_system& sys)
  : ended_(
    sys.metrics().counter_family("rdma.operations", "ended", {"lane", "status"},
                                 "Operations that have ended.", "1", true)),
    landed_(sys.metrics().counter_family("rdma.operations", "landed", {"lane"},
                                         "Bytes of operations that have ended "
                                         "which are in place.",
                                         "bytes", true)) {
  // nop
}

void operation_metrics::count(const report& x) {
  auto& to = find(x);
  to.ended->inc();
  if (x.bytes > 0)
    to.landed->inc(static_cast<int64_t>(x.bytes));
}

operation_metrics::counters& operation_metrics::find(const report& x) {
  auto i = known_.find({x.lane, x.status});
  if (i == known_.end()) {
    auto lane = x.lane.empty() ? std::string{"none"} : x.lane;
    auto status = to_string(x.status);
    counters found{ended_->get_or_add({{"lane", lane}, {"status", status}}),
                   landed_->get_or_add({{"lane", lane}})};
    i = known_.emplace(std::pair{x.lane, x.status}, found).first;
  }
  return i->second;
}

} // namespace rdma
