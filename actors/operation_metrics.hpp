// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/status.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <map>
#include <string>
#include <utility>

namespace rdma {

/// Counts in the metrics of the actor system what becomes of operations:
/// `rdma.operations.ended` by lane and final status, and
/// `rdma.operations.landed` in bytes by lane. The lane is "none" if an
/// operation has ended before it had one. For one thread.
class operation_metrics {
public:
  explicit operation_metrics(caf::actor_system& sys);

  /// Counts an operation that has just become final.
  void count(const report& x);

private:
  struct counters {
    caf::telemetry::int_counter* ended;
    caf::telemetry::int_counter* landed;
  };

  counters& find(const report& x);

  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>* ended_;
  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>* landed_;
  std::map<std::pair<std::string, status>, counters> known_;
};

} // namespace rdma
