// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/operation_metrics.hpp"

#include "caf_rdma/messages/error.hpp"

#include <caf/actor_system.hpp>

#include <array>
#include <chrono>

namespace rdma {

namespace {

// Seconds: from a small transfer in one host to the default deadline.
constexpr std::array buckets{10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3,
                             2e-3,  5e-3,  10e-3, 20e-3,  50e-3,  0.1,    0.2,
                             0.5,   1.0,   2.0,   5.0,    10.0,   30.0};

} // namespace

operation_metrics::operation_metrics(caf::actor_system& sys)
  : registry_(sys.metrics()),
    ended_(registry_.counter_family("rdma.operations", "ended",
                                    {"kind", "lane", "status"},
                                    "Operations, and claims on grants, that "
                                    "have ended.",
                                    "1", true)),
    landed_(registry_.counter_family("rdma.operations", "landed",
                                     {"kind", "lane"},
                                     "Bytes of these that are in place.",
                                     "bytes", true)),
    failed_(
      registry_.counter_family("rdma.operations", "failed", {"kind", "code"},
                               "Those that were ERRORED, and why.", "1", true)),
    durations_(registry_.histogram_family<double>(
      "rdma.operations", "duration", {"kind"}, buckets,
      "From the beginning of an operation to its final status.", "seconds")) {
  // nop
}

void operation_metrics::begin(const std::string& kind) {
  find(kind).in_flight->inc();
}

void operation_metrics::end(const std::string& kind, caf::timespan after) {
  auto& x = find(kind);
  x.in_flight->dec();
  x.duration->observe(std::chrono::duration<double>(after).count());
}

void operation_metrics::count(const std::string& kind, const report& x) {
  auto& to = find(kind, x);
  to.ended->inc();
  if (x.bytes > 0)
    to.landed->inc(static_cast<int64_t>(x.bytes));
  if (x.status == status::errored)
    failed_
      ->get_or_add({{"kind", kind}, {"code", to_string(code_of(x.reason))}})
      ->inc();
}

operation_metrics::counters& operation_metrics::find(const std::string& kind,
                                                     const report& x) {
  auto i = known_.find({kind, x.lane, x.status});
  if (i == known_.end()) {
    auto lane = x.lane.empty() ? std::string{"none"} : x.lane;
    auto status = to_string(x.status);
    counters found{ended_->get_or_add(
                     {{"kind", kind}, {"lane", lane}, {"status", status}}),
                   landed_->get_or_add({{"kind", kind}, {"lane", lane}})};
    i = known_.emplace(std::tuple{kind, x.lane, x.status}, found).first;
  }
  return i->second;
}

operation_metrics::life& operation_metrics::find(const std::string& kind) {
  auto i = lives_.find(kind);
  if (i == lives_.end()) {
    life found{registry_.gauge_instance("rdma.operations", "in-flight",
                                        {{"kind", kind}},
                                        "Operations that are not final."),
               durations_->get_or_add({{"kind", kind}})};
    i = lives_.emplace(kind, found).first;
  }
  return i->second;
}

} // namespace rdma
