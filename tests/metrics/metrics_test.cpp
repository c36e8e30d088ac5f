// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/transport/transport_metrics.hpp"

#include <array>
#include <optional>

using namespace rdma;
using namespace rdma_test;

namespace {

int64_t in_flight(caf::actor_system& sys, const std::string& kind) {
  return sys.metrics()
    .gauge_instance("rdma.operations", "in-flight", {{"kind", kind}}, "")
    ->value();
}

int64_t failed(caf::actor_system& sys, const std::string& kind, errc code) {
  return sys.metrics()
    .counter_family("rdma.operations", "failed", {"kind", "code"}, "", "1",
                    true)
    ->get_or_add({{"kind", kind}, {"code", to_string(code)}})
    ->value();
}

int64_t lasted(caf::actor_system& sys, const std::string& kind) {
  std::array bounds{1.0};
  auto* all = sys.metrics().histogram_family<double>("rdma.operations",
                                                     "duration", {"kind"},
                                                     bounds, "", "seconds");
  int64_t result = 0;
  for (auto& x : all->get_or_add({{"kind", kind}})->buckets())
    result += x.count.value();
  return result;
}

int64_t value(caf::telemetry::metric_registry& x, const char* name) {
  return x.gauge_singleton("rdma.chunks", name, "")->value();
}

} // namespace

TEST_CASE("operations are counted while they are not final") {
  node x{"alice"};
  std::vector<std::byte> memory(10);
  auto first = x.begin(create_writable_atom_v, rdma_test::describe(memory));
  auto second = x.begin(create_writable_atom_v, rdma_test::describe(memory));
  x.status(first); // both have begun once they answer
  x.status(second);
  CHECK(in_flight(x.system, "writable") == 2);
  x.cancel(first, "enough");
  CHECK(in_flight(x.system, "writable") == 1);
  CHECK(lasted(x.system, "writable") == 1);
  operation_options opts;
  opts.deadline = std::chrono::milliseconds{1};
  auto third = x.begin(create_readable_atom_v, rdma_test::describe(memory),
                       opts);
  CHECK_FALSE(x.wait(third));
  CHECK(failed(x.system, "readable", errc::deadline_exceeded) == 1);
  CHECK(in_flight(x.system, "readable") == 0);
}

TEST_CASE("a runtime that goes takes back what counts at the moment") {
  config cfg;
  caf::actor_system sys{cfg};
  std::vector<std::byte> memory(10);
  // They outlive the runtime: otherwise their end would be the operation's.
  connector_actor connector;
  operation op;
  {
    auto rt = node::make(sys, test_options("alice"));
    connector = rt.spawn_connector("test");
    caf::scoped_actor self{sys};
    self
      ->request(connector, patience, create_writable_atom_v,
                rdma_test::describe(memory))
      .receive([&](operation& y) { op = y; },
               [](const caf::error& err) { FAIL(to_string(err)); });
    self->request(op.actor(), patience, metadata_atom_v)
      .receive([](const metadata&) {},
               [](const caf::error& err) { FAIL(to_string(err)); });
    CHECK(in_flight(sys, "writable") == 1);
  }
  CHECK(in_flight(sys, "writable") == 0);
  CHECK(failed(sys, "writable", errc::shutting_down) == 1);
}

TEST_CASE("what several transports count adds up") {
  caf::telemetry::metric_registry all;
  auto waiting = [&] { return value(all, "waiting"); };
  auto rounds = [&] {
    return all.counter_singleton("rdma.loop", "rounds", "", "1", true)->value();
  };
  std::optional<transport_metrics> first;
  first.emplace(all, "a");
  transport_metrics second{all, "b"};
  transport_snapshot x;
  x.transfers.chunks_waiting = 5;
  x.loop_rounds = 100;
  first->update(x);
  second.update(x);
  CHECK(waiting() == 10);
  CHECK(rounds() == 200);
  x.transfers.chunks_waiting = 2;
  x.loop_rounds = 150;
  first->update(x);
  CHECK(waiting() == 7);
  CHECK(rounds() == 250);
  x.longest_round = std::chrono::milliseconds{2};
  first->update(x);
  auto longest = [&](const char* worker) {
    return all
      .gauge_instance<double>("rdma.loop", "longest-round",
                              {{"worker", worker}}, "", "seconds")
      ->value();
  };
  CHECK(longest("a") == 0.002); // each for itself
  CHECK(longest("b") == 0);
  first.reset();
  CHECK(longest("a") == 0);
  CHECK(waiting() == 5);
  CHECK(rounds() == 250);
}
