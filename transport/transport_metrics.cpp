// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transport_metrics.hpp"

#include "caf_rdma/transport/label_value.hpp"

#include <chrono>

namespace rdma {

namespace {

using registry = caf::telemetry::metric_registry;

auto* counter(registry& to, const std::string& prefix, const std::string& name,
              const std::string& help, const std::string& unit = "1") {
  return to.counter_singleton<int64_t>(prefix, name, help, unit, true);
}

auto* gauge(registry& to, const std::string& prefix, const std::string& name,
            const std::string& help, const std::string& unit = "1") {
  return to.gauge_singleton<int64_t>(prefix, name, help, unit);
}

/// Adds what has changed: others may count there, too.
template <class Metric>
void add(Metric* to, uint64_t now, uint64_t before) {
  to->inc(static_cast<int64_t>(now - before)); // wraps to what is less
}

} // namespace

transport_metrics::transport_metrics(registry& to, const std::string& worker)
  : counters_{
    counter(to, "rdma.chunks", "offered", "Chunks offered to peers."),
    counter(to, "rdma.transfers", "offered", "Bytes offered to peers.", "bytes"),
    counter(to, "rdma.chunks", "landed", "Chunks that are in place here."),
    counter(to, "rdma.transfers", "landed", "Bytes in place here.", "bytes"),
    counter(to, "rdma.loop", "rounds", "Rounds of progress loops."),
    counter(to, "rdma.loop", "sleeps", "Times that loops went to sleep."),
    counter(to, "rdma.loop", "heavy-rounds",
            "Rounds that have looked at more than a round should."),
  },
    gauges_{
      gauge(to, "rdma.chunks", "waiting",
            "Chunks that wait here to be offered."),
      gauge(to, "rdma.chunks", "held",
            "Chunks that wait at their sources to be fetched."),
      gauge(to, "rdma.chunks", "fetching",
            "Bytes that are being fetched over a network.", "bytes"),
      gauge(to, "rdma.ucx", "requests",
            "Requests that UCX has not let go of."),
      gauge(to, "rdma.loop", "actors", "Actors on progress loops."),
      gauge(to, "rdma.loop", "ready", "Actors that wait for their turn."),
      to.gauge_instance<double>("rdma.links", "silence", {{"worker", detail::label_value(worker)}},
                                "Longest silence of a peer.", "seconds"),
      to.gauge_instance<double>("rdma.loop", "longest-round",
                                {{"worker", worker}},
                                "Longest round of a loop since the last "
                                "heartbeat.",
                                "seconds"),
    } {
  // nop
}

transport_metrics::~transport_metrics() {
  auto rest = last_;
  rest.transfers.chunks_waiting = 0;
  rest.transfers.chunks_held = 0;
  rest.transfers.bytes_fetching = 0;
  rest.silence = caf::timespan{0};
  rest.ucx_requests = 0;
  rest.loop_actors = 0;
  rest.loop_ready = 0;
  rest.longest_round = caf::timespan{0};
  update(rest);
}

void transport_metrics::update(const transport_snapshot& x) {
  auto& now = x.transfers;
  auto& before = last_.transfers;
  add(counters_.chunks_offered, now.chunks_offered, before.chunks_offered);
  add(counters_.bytes_offered, now.bytes_offered, before.bytes_offered);
  add(counters_.chunks_landed, now.chunks_landed, before.chunks_landed);
  add(counters_.bytes_landed, now.bytes_landed, before.bytes_landed);
  add(counters_.loop_rounds, x.loop_rounds, last_.loop_rounds);
  add(counters_.loop_sleeps, x.loop_sleeps, last_.loop_sleeps);
  add(counters_.heavy_rounds, x.heavy_rounds, last_.heavy_rounds);
  add(gauges_.chunks_waiting, now.chunks_waiting, before.chunks_waiting);
  add(gauges_.chunks_held, now.chunks_held, before.chunks_held);
  add(gauges_.bytes_fetching, now.bytes_fetching, before.bytes_fetching);
  add(gauges_.ucx_requests, x.ucx_requests, last_.ucx_requests);
  add(gauges_.loop_actors, x.loop_actors, last_.loop_actors);
  add(gauges_.loop_ready, x.loop_ready, last_.loop_ready);
  using seconds = std::chrono::duration<double>;
  gauges_.silence->value(seconds{x.silence}.count());
  gauges_.longest_round->value(seconds{x.longest_round}.count());
  last_ = x;
}

} // namespace rdma
