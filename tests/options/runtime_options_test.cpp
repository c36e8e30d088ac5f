// SPDX-License-Identifier: BSD-3-Clause

// Options of a runtime and of a connector: where they come from, what is
// refused, and that they have an effect.

#include "caf_rdma/tests/actors/node.hpp"

#include <array>
#include <sstream>

using namespace rdma;
using namespace rdma_test;
using namespace std::chrono_literals;

namespace {

/// Reads the group `rdma` from a command line and a config file.
runtime_options read(std::vector<std::string> args, const char* file = "") {
  config cfg;
  std::istringstream in{file};
  auto err = cfg.parse(std::move(args), in);
  REQUIRE(err == caf::none);
  REQUIRE(cfg.remainder.empty());
  return runtime_options::from(cfg);
}

void check_all_set(const runtime_options& x) {
  CHECK(x.worker_id == "alice");
  CHECK(x.transport.tls == "tcp");
  CHECK(x.transport.lane == "ucx");
  CHECK(x.transport.chunk_size == 65536);
  CHECK(x.transport.window == 7);
  CHECK(x.transport.rendezvous_threshold == 8192);
  CHECK(x.transport.local_piece_size == 40960);
  CHECK(x.transport.local_ring_size == 524288);
  CHECK(x.transport.max_inbound_bytes == 1000000);
  CHECK(x.transport.max_outbound_bytes == 2000000);
  CHECK(x.transport.max_bytes_in_flight == 3000000);
  CHECK(x.transport.max_pool_bytes == 4000000);
  CHECK(x.transport.max_links == 3);
  CHECK(x.max_descriptors == 5);
  CHECK(x.max_operations == 6);
  CHECK(x.spin == 9us);
  CHECK(x.busy_poll);
  CHECK(x.transport.heartbeat == 200ms);
  CHECK(x.transport.heartbeat_limit == 4s);
  CHECK(x.transport.connect_timeout == 8s);
  CHECK(x.active_deadline == 20s);
  CHECK(x.passive_deadline == 2min);
  CHECK(x.grace == 300ms);
}

/// Name of the option that is refused after `change`; empty if none is.
template <class F>
std::string refused(F change) {
  runtime_options x;
  change(x);
  auto err = check(x);
  if (err == caf::none)
    return {};
  CHECK(code_of(err) == errc::invalid_option);
  auto reason = reason_of(err);
  return reason.substr(0, reason.find(' '));
}

/// What a config file with this in the group `rdma` is refused with; empty if
/// it is not.
std::string refused_file(const std::string& group) {
  auto err = check(read({}, ("rdma {\n" + group + "\n}").c_str()));
  if (err == caf::none)
    return {};
  CHECK(code_of(err) == errc::invalid_option);
  return reason_of(err);
}

} // namespace

TEST_CASE("every option may stand on the command line") {
  check_all_set(read({"--rdma.worker-id=alice",
                      "--rdma.tls=tcp",
                      "--rdma.lane=ucx",
                      "--rdma.chunk-size=65536",
                      "--rdma.local-piece-size=40960",
                      "--rdma.local-ring-size=524288",
                      "--rdma.window=7",
                      "--rdma.rendezvous-threshold=8192",
                      "--rdma.max-inbound-bytes=1000000",
                      "--rdma.max-outbound-bytes=2000000",
                      "--rdma.max-bytes-in-flight=3000000",
                      "--rdma.max-pool-bytes=4000000",
                      "--rdma.max-peers=3",
                      "--rdma.max-descriptors=5",
                      "--rdma.max-operations=6",
                      "--rdma.spin=9us",
                      "--rdma.busy-poll",
                      "--rdma.heartbeat=200ms",
                      "--rdma.heartbeat-limit=4s",
                      "--rdma.connect-timeout=8s",
                      "--rdma.active-deadline=20s",
                      "--rdma.passive-deadline=2min",
                      "--rdma.grace=300ms"}));
}

TEST_CASE("every option may stand in a config file") {
  check_all_set(read({}, R"(
    rdma {
      worker-id = "alice"
      tls = "tcp"
      lane = "ucx"
      local-piece-size = 40960
      local-ring-size = 524288
      chunk-size = 65536
      window = 7
      rendezvous-threshold = 8192
      max-inbound-bytes = 1000000
      max-outbound-bytes = 2000000
      max-bytes-in-flight = 3000000
      max-pool-bytes = 4000000
      max-peers = 3
      max-descriptors = 5
      max-operations = 6
      spin = 9us
      busy-poll = true
      heartbeat = 200ms
      heartbeat-limit = 4s
      connect-timeout = 8s
      active-deadline = 20s
      passive-deadline = 2min
      grace = 300ms
    })"));
}

TEST_CASE("an option that is not set keeps its default") {
  auto x = read({"--rdma.window=7"});
  runtime_options defaults;
  CHECK(x.transport.window == 7);
  CHECK(x.transport.chunk_size == defaults.transport.chunk_size);
  CHECK(x.grace == defaults.grace);
  CHECK(check(defaults) == caf::none);
}

TEST_CASE("an option of a runtime outside of its range is named in the error") {
  CHECK(refused([](auto& x) { x.worker_id.assign(256, 'x'); }) == "worker-id");
  CHECK(refused([](auto& x) { x.worker_id.resize(1); }) == "worker-id");
  CHECK(refused([](auto& x) { x.spin = -1ns; }) == "spin");
  CHECK(refused([](auto& x) { x.grace = 0s; }) == "grace");
  CHECK(refused([](auto& x) { x.max_descriptors = 0; }) == "max-descriptors");
  CHECK(refused([](auto& x) { x.max_descriptors = 65537; })
        == "max-descriptors");
  CHECK(refused([](auto& x) { x.max_operations = 0; }) == "max-operations");
  CHECK(refused([](auto& x) { x.transport.window = 0; }) == "window");
  CHECK(refused([](auto& x) { x.transport.lane = "shm"; }) == "lane");
  CHECK(refused([](auto& x) { x.transport.local_piece_size = 1; })
        == "local-piece-size");
  for (size_t size : {1, 65536, 131073, 3 << 17})
    CHECK(refused([size](auto& x) { x.transport.local_ring_size = size; })
          == "local-ring-size");
  CHECK(refused([](auto& x) { x.active_deadline = 0s; }) == "active-deadline");
  CHECK(refused([](auto& x) { x.passive_deadline = -1s; })
        == "passive-deadline");
}

TEST_CASE("a value of another type in a config file is refused by name") {
  CHECK(refused_file("heartbeat-limit = 10")
        == "heartbeat-limit must be a time such as 3s or 200ms, is 10");
  CHECK(refused_file("window = 2s") == "window must be a whole number, is 2s");
  CHECK(refused_file("window = 2.5").starts_with("window must be"));
  CHECK(refused_file("window = -2").starts_with("window must be"));
  CHECK(refused_file("window = \"many\"").starts_with("window must be"));
  CHECK(refused_file("busy-poll = 3").starts_with("busy-poll must be"));
  CHECK(refused_file("worker-id = 7")
        == "worker-id must be text in quotation marks, is 7");
  CHECK(refused_file("lane = [\"ucx\"]").starts_with("lane must be"));
  CHECK(refused_file("grace { limit = 3s }").starts_with("grace must be"));
  // What CAF converts without loss is as good.
  CHECK(refused_file("window = \"7\"\nspin = \"9us\"").empty());
}

TEST_CASE("a name in a config file that is no option is refused") {
  CHECK(refused_file("heartbeat_limit = 10s")
        == "heartbeat_limit is not an option of the group rdma");
  CHECK(refused_file("links { heartbeat = 1s }")
        == "links is not an option of the group rdma");
  auto err = check(read({}, "rdma = 3"));
  CHECK(code_of(err) == errc::invalid_option);
}

TEST_CASE("every option refuses a value of another type") {
  for (auto name : {"worker-id",
                    "tls",
                    "lane",
                    "chunk-size",
                    "window",
                    "rendezvous-threshold",
                    "local-piece-size",
                    "local-ring-size",
                    "max-inbound-bytes",
                    "max-outbound-bytes",
                    "max-bytes-in-flight",
                    "max-pool-bytes",
                    "gpu",
                    "max-staging-bytes",
                    "max-peers",
                    "max-descriptors",
                    "max-operations",
                    "spin",
                    "busy-poll",
                    "heartbeat",
                    "heartbeat-limit",
                    "connect-timeout",
                    "active-deadline",
                    "passive-deadline",
                    "grace"})
    CHECK(refused_file(std::string{name} + " = [1, 2]")
            .starts_with(std::string{name} + " must be "));
}

TEST_CASE("a runtime does not start with a wrong configuration") {
  config cfg;
  std::istringstream file{"rdma { heartbeat-limit = 10 }"};
  REQUIRE(cfg.parse({}, file) == caf::none);
  caf::actor_system sys{cfg};
  auto started = runtime::make(sys);
  REQUIRE_FALSE(started);
  CHECK(code_of(started.error()) == errc::invalid_option);
  CHECK(reason_of(started.error()).find("heartbeat-limit")
        != std::string::npos);
  auto options = runtime_options::from(cfg);
  options.worker_id = "alice";
  CHECK_FALSE(runtime::make(sys, options));
}

TEST_CASE("the buckets of CAF's metrics are not ours to refuse") {
  config cfg;
  std::istringstream file{R"(
    caf { metrics { rdma { operations {
      duration { buckets = [0.5, 7.0] }
    } } } }
    rdma { window = 3 })"};
  REQUIRE(cfg.parse({}, file) == caf::none);
  caf::actor_system sys{cfg};
  auto started = runtime::make(sys);
  REQUIRE(started);
  std::array bounds{1.0};
  auto* durations = sys.metrics().histogram_family<double>(
    "rdma.operations", "duration", {"kind"}, bounds, "", "seconds");
  CHECK(durations->get_or_add({{"kind", "write"}})->buckets().size() == 3);
}

TEST_CASE("a runtime with a bad option does not start") {
  config cfg;
  caf::actor_system sys{cfg};
  runtime_options x;
  x.grace = 0s;
  auto runtime = runtime::make(sys, x);
  REQUIRE_FALSE(runtime);
  CHECK(code_of(runtime.error()) == errc::invalid_option);
}

TEST_CASE("what a connector sets takes the place of the runtime's options") {
  runtime_options base;
  auto x = merge(base, {.active_deadline = 3s, .max_operations = 2});
  CHECK(x.active_deadline == 3s);
  CHECK(x.passive_deadline == base.passive_deadline);
  CHECK(x.max_operations == 2);
  x = merge(base, {.passive_deadline = 4s});
  CHECK(x.active_deadline == base.active_deadline);
  CHECK(x.passive_deadline == 4s);
  CHECK(x.max_operations == base.max_operations);
}

TEST_CASE("a connector's own default deadline ends its operations") {
  node x{"alice"};
  x.connector = x.runtime.spawn_connector("hasty", {.passive_deadline = 20ms});
  std::vector<std::byte> memory(100);
  auto end = x.wait(x.begin(create_writable_atom_v, describe(memory)));
  REQUIRE_FALSE(end);
  CHECK(code_of(end.error()) == errc::deadline_exceeded);
}

TEST_CASE("a connector's own limit of operations is answered with its name") {
  node x{"alice"};
  x.connector = x.runtime.spawn_connector("small", {.max_operations = 1});
  std::vector<std::byte> memory(100);
  auto first = x.begin(create_writable_atom_v, describe(memory));
  auto second = x.ask<operation>(x.connector, create_writable_atom_v,
                                 describe(memory));
  REQUIRE_FALSE(second);
  CHECK(code_of(second.error()) == errc::limit_reached);
  CHECK(reason_of(second.error()).find("max-operations") != std::string::npos);
  x.connector = x.runtime.spawn_connector("other");
  x.begin(create_writable_atom_v, describe(memory));
}
