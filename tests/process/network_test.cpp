// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/network.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace rdma_test;

namespace {

using strings = std::vector<std::string>;

using clock_type = std::chrono::steady_clock;

/// A worker that gives up a silent peer after a second.
strings quick(strings more = {}) {
  strings result{"--rdma.heartbeat=100ms", "--rdma.heartbeat-limit=1s",
                 "--rdma.active-deadline=10min"};
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

void write(worker_process& from, worker_process& to, const std::string& size) {
  auto metadata = to.must("writable w " + size);
  from.must("write a 7 " + size + " " + metadata);
  CHECK(from.must("wait a").starts_with("COMPLETE"));
  to.must("wait w");
  to.must("check w 7");
}

void read(worker_process& by, worker_process& from, const std::string& size) {
  auto metadata = from.must("readable r 8 " + size);
  by.must("read b " + size + " " + metadata);
  CHECK(by.must("wait b").starts_with("COMPLETE"));
  from.must("wait r");
  by.must("check b 8");
}

// Waits until bytes move.
void until_in_progress(worker_process& x, const std::string& id) {
  auto end = clock_type::now() + patience;
  while (x.must("status " + id).starts_with("IN_PROGRESS 0 ")
         || x.must("status " + id).starts_with("INITIALIZED"))
    REQUIRE(clock_type::now() < end);
}

// Waits for an end because the peer does not answer any more.
void must_lose(worker_process& x, const std::string& id) {
  auto answer = x.ask("wait " + id, std::chrono::seconds{10});
  CAPTURE(id, answer);
  CHECK((answer.starts_with("error peer_unresponsive")
         || answer.starts_with("error peer_lost")));
}

} // namespace

TEST_CASE("operations end when the cable is pulled, and work when it is back") {
  // Small chunks on a fast wire, or a slow wire, so that the transfers take
  // their time.
  auto threshold = GENERATE("--rdma.rendezvous-threshold=4096",
                            "--rdma.rendezvous-threshold=1048577");
  auto fast = threshold == std::string{"--rdma.rendezvous-threshold=4096"};
  auto size = fast ? std::string{"400000000"} : std::string{"40000000"};
  network net{wire_quality{.mbit_per_s = fast ? 0.0 : 100.0}};
  auto arguments = quick({threshold});
  if (fast)
    arguments.insert(arguments.end(),
                     {"--rdma.chunk-size=4096", "--rdma.window=1"});
  auto alice = net.start(0, arguments);
  auto bob = net.start(1, arguments);
  auto to_bob = bob->must("writable w " + size);
  auto to_alice = alice->must("writable w " + size);
  auto small = bob->must("writable small 100");
  auto source = bob->must("readable source 3 100");
  // Both at once: filling the memory takes time.
  alice->tell("write a 1 " + size + " " + to_bob);
  bob->tell("write a 2 " + size + " " + to_alice);
  REQUIRE(alice->hear() == "ok");
  REQUIRE(bob->hear() == "ok");
  until_in_progress(*alice, "a");
  until_in_progress(*alice, "w");
  until_in_progress(*bob, "w"); // what nobody has claimed does not end
  net.set("down");
  alice->must("write c 1 100 " + small);
  alice->must("read d 100 " + source);
  must_lose(*alice, "a");
  must_lose(*alice, "w");
  must_lose(*alice, "d");
  must_lose(*bob, "a");
  must_lose(*bob, "w");
  // All its bytes are offered.
  CHECK(alice->ask("wait c").starts_with("error outcome_unknown"));
  net.set("up");
  write(*alice, *bob, "3000000");
  write(*bob, *alice, "3000000");
  read(*alice, *bob, "3000000");
  read(*bob, *alice, "3000000");
}

TEST_CASE("a host that does not answer is unreachable, and holds up nobody") {
  network net;
  auto alice = net.start(0, quick());
  auto bob = net.start(1, quick({"--rdma.connect-timeout=1s"}));
  auto carol = net.start(1, quick());
  auto metadata = alice->must("writable w 3000000");
  net.silence(1);
  bob->must("write lost 1 3000000 " + metadata);
  write(*bob, *carol, "3000000");
  auto answer = bob->ask("wait lost");
  CAPTURE(answer);
  CHECK(answer.starts_with("error peer_unreachable"));
  write(*carol, *bob, "3000000");
}

TEST_CASE("an outage shorter than the heartbeat limit only costs time") {
  network net;
  strings arguments{"--rdma.heartbeat-limit=10s", "--rdma.chunk-size=4096",
                    "--rdma.window=1", "--rdma.active-deadline=10min"};
  auto alice = net.start(0, arguments);
  auto bob = net.start(1, arguments);
  auto metadata = bob->must("writable w 40000000");
  alice->must("write a 1 40000000 " + metadata);
  until_in_progress(*alice, "a");
  net.set("down");
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  net.set("up");
  CHECK(alice->must("wait a").starts_with("COMPLETE"));
  bob->must("wait w");
  bob->must("check w 1");
}

TEST_CASE("a network that delays and loses only makes transfers slower") {
  network net{
    {.delay_ms = 20, .jitter_ms = 5, .loss_percent = 1, .mbit_per_s = 50}};
  // With such losses TCP makes about 3 Mbit/s.
  auto arguments = quick({"--rdma.chunk-size=65536"});
  auto alice = net.start(0, arguments);
  auto bob = net.start(1, arguments);
  auto begin = clock_type::now();
  write(*alice, *bob, "100");
  read(*alice, *bob, "100");
  write(*alice, *bob, "2097152");
  read(*alice, *bob, "2097152");
  WARN("4 MiB: "
       << std::chrono::duration<double>(clock_type::now() - begin).count()
       << " s");
}

TEST_CASE("bulk in both directions does not starve heartbeats") {
  auto [transfers, mib, mbit, chunk] = GENERATE(table<int, int, double, int>({
    {1, 64, 50, 1 << 20},
    {4, 64, 50, 1 << 20},
    {8, 8, 5, 1 << 16}, // all windows together take over 3 s
  }));
  network net{{.delay_ms = 1, .mbit_per_s = mbit}};
  auto size = std::to_string((mib << 20) / transfers);
  auto arguments = quick({"--rdma.chunk-size=" + std::to_string(chunk)});
  auto alice = net.start(0, arguments);
  auto bob = net.start(1, arguments);
  auto begin = clock_type::now();
  for (int i = 0; i < transfers; ++i) {
    auto id = std::to_string(i);
    auto metadata = bob->must("writable w" + id + " " + size);
    alice->must("write a" + id + " " + id + " " + size + " " + metadata);
    metadata = alice->must("writable w" + id + " " + size);
    bob->must("write a" + id + " " + id + " " + size + " " + metadata);
  }
  for (int i = 0; i < transfers; ++i) {
    auto id = std::to_string(i);
    for (auto* x : {alice.get(), bob.get()}) {
      CHECK(x->must("wait a" + id).starts_with("COMPLETE"));
      x->must("wait w" + id);
      x->must("check w" + id + " " + id);
    }
  }
  WARN(mib << " MiB each way in " << transfers << " transfers: "
           << std::chrono::duration<double>(clock_type::now() - begin).count()
           << " s");
}

TEST_CASE("a cancel on a slow link ends within a window and the grace") {
  network net{{.delay_ms = 1, .mbit_per_s = 50}};
  auto alice = net.start(0, quick());
  auto bob = net.start(1, quick());
  auto begin = [&] {
    auto metadata = bob->must("writable w 67108864");
    alice->must("write a 1 67108864 " + metadata);
    until_in_progress(*bob, "w");
  };
  // Four chunks of 1 MiB take 0.7 s; the grace is 2 s.
  constexpr auto limit = std::chrono::seconds{10};
  SECTION("at the source") {
    begin();
    CHECK(alice->ask("cancel a test", limit).starts_with("ok CANCELLED"));
    CHECK(bob->ask("wait w", limit).starts_with("error cancelled"));
  }
  SECTION("at the destination") {
    begin();
    CHECK(bob->ask("cancel w test", limit).starts_with("ok CANCELLED"));
    CHECK(alice->ask("wait a", limit).starts_with("error cancelled"));
  }
  SECTION("while another transfer goes on") {
    auto metadata = bob->must("writable other 16777216");
    alice->must("write other 2 16777216 " + metadata);
    begin();
    CHECK(alice->ask("cancel a test", limit).starts_with("ok CANCELLED"));
    CHECK(bob->ask("wait w", limit).starts_with("error cancelled"));
    CHECK(alice->must("wait other").starts_with("COMPLETE"));
    bob->must("wait other");
    bob->must("check other 2");
  }
  write(*alice, *bob, "100000");
  write(*bob, *alice, "100000");
}
