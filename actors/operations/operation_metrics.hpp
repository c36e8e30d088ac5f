// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/status.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/timespan.hpp>

#include <map>
#include <string>
#include <tuple>

namespace rdma {

/// Counts in the metrics of the actor system what becomes of operations, by
/// kind ("write", "readable", ...), lane ("none" if an operation has ended
/// before it had one), status and error code. For one thread.
class operation_metrics {
public:
  explicit operation_metrics(caf::actor_system& sys);

  /// An operation of that kind is not final.
  void begin(const std::string& kind);

  /// It has become final, after so long.
  void end(const std::string& kind, caf::timespan after);

  /// Counts what has become of an operation, or of a claim on a grant.
  void count(const std::string& kind, const report& x);

private:
  using counter_family
    = caf::telemetry::metric_family_impl<caf::telemetry::int_counter>;

  struct counters {
    caf::telemetry::int_counter* ended;
    caf::telemetry::int_counter* landed;
  };

  struct life {
    caf::telemetry::int_gauge* in_flight;
    caf::telemetry::dbl_histogram* duration;
  };

  counters& find(const std::string& kind, const report& x);

  life& find(const std::string& kind);

  caf::telemetry::metric_registry& registry_;
  counter_family* ended_;
  counter_family* landed_;
  counter_family* failed_;
  caf::telemetry::metric_family_impl<caf::telemetry::dbl_histogram>* durations_;
  std::map<std::tuple<std::string, std::string, status>, counters> known_;
  std::map<std::string, life> lives_;
};

} // namespace rdma
