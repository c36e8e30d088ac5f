// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/transfers/transfer_statistics.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/timespan.hpp>

#include <cstdint>
#include <string>

namespace rdma {

/// What a transport looks like from outside, once per heartbeat.
struct transport_snapshot {
  transfer_statistics transfers;
  /// Longest silence of a peer.
  caf::timespan silence{0};
  /// Requests that UCX has not let go of.
  uint64_t ucx_requests = 0;
  /// Rounds of the loop, and how often it has gone to sleep.
  uint64_t loop_rounds = 0;
  uint64_t loop_sleeps = 0;
  /// Actors on the loop, and those of them that are ready to run.
  uint64_t loop_actors = 0;
  uint64_t loop_ready = 0;
  /// Longest round of the loop since the last time.
  caf::timespan longest_round{0};
  /// Rounds that have done more than a round should.
  uint64_t heavy_rounds = 0;
};

/// Keeps the metrics of the actor system up to date: those that cost nothing
/// until somebody looks. Several runtimes add up, but for silence and the
/// longest round.
class transport_metrics {
public:
  transport_metrics(caf::telemetry::metric_registry& to,
                    const std::string& worker);

  transport_metrics(const transport_metrics&) = delete;

  transport_metrics& operator=(const transport_metrics&) = delete;

  /// Takes back what counts at the moment only.
  ~transport_metrics();

  void update(const transport_snapshot& x);

private:
  struct counters {
    caf::telemetry::int_counter* chunks_offered;
    caf::telemetry::int_counter* bytes_offered;
    caf::telemetry::int_counter* chunks_landed;
    caf::telemetry::int_counter* bytes_landed;
    caf::telemetry::int_counter* loop_rounds;
    caf::telemetry::int_counter* loop_sleeps;
    caf::telemetry::int_counter* heavy_rounds;
  };

  struct gauges {
    caf::telemetry::int_gauge* chunks_waiting;
    caf::telemetry::int_gauge* chunks_held;
    caf::telemetry::int_gauge* bytes_fetching;
    caf::telemetry::int_gauge* ucx_requests;
    caf::telemetry::int_gauge* loop_actors;
    caf::telemetry::int_gauge* loop_ready;
    caf::telemetry::dbl_gauge* silence;
    caf::telemetry::dbl_gauge* longest_round;
  };

  counters counters_;
  gauges gauges_;
  transport_snapshot last_;
};

} // namespace rdma
