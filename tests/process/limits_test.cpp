// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/load.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

using namespace rdma_test;

namespace {

void write(worker_process& from, worker_process& to) {
  auto metadata = to.must("writable w 3000000");
  from.must("write a 7 3000000 " + metadata);
  CHECK(from.must("wait a").starts_with("COMPLETE"));
  to.must("wait w");
  to.must("check w 7");
  from.must("drop a");
  to.must("drop w");
}

// A dropped operation may still be on its way out.
std::string ask_below_limit(worker_process& x, const std::string& line) {
  auto end = clock_type::now() + patience;
  for (;;) {
    auto answer = x.ask(line);
    if (!answer.starts_with("error limit_reached"))
      return answer;
    REQUIRE(clock_type::now() < end);
  }
}

} // namespace

TEST_CASE("operations beyond the limit are refused until one has gone") {
  worker_process alice{{"--rdma.max-operations=3"}};
  worker_process bob;
  write(alice, bob);
  for (auto id : {"1", "2", "3"})
    CHECK(ask_below_limit(alice, std::string{"writable "} + id + " 100")
            .starts_with("ok"));
  CHECK(alice.ask("writable 4 100").starts_with("error limit_reached"));
  CHECK(alice.ask("readable 4 1 100").starts_with("error limit_reached"));
  auto target = bob.must("writable w 100");
  CHECK(
    alice.ask("write 4 1 100 " + target).starts_with("error limit_reached"));
  alice.must("drop 2");
  CHECK(ask_below_limit(alice, "write 4 1 100 " + target).starts_with("ok"));
  CHECK(alice.must("wait 4").starts_with("COMPLETE"));
  for (auto id : {"1", "3", "4"})
    alice.must(std::string{"drop "} + id);
  bob.must("drop w");
  target = bob.must("writable w 100");
  CHECK(ask_below_limit(alice, "write 5 1 100 " + target).starts_with("ok"));
  CHECK(alice.must("wait 5").starts_with("COMPLETE"));
}

TEST_CASE("more descriptors than the limit are refused, on either side") {
  worker_process alice{{"--rdma.max-descriptors=8"}};
  worker_process bob;
  CHECK(alice.ask("writable w 100x9").starts_with("error limit_reached"));
  CHECK(alice.ask("readable r 1 100x9").starts_with("error limit_reached"));
  auto nine = bob.must("writable nine 100x9");
  CHECK(
    alice.ask("write a 1 100x9 " + nine).starts_with("error limit_reached"));
  auto eight = bob.must("writable eight 100x8");
  alice.must("write a 1 100x8 " + eight);
  CHECK(alice.must("wait a").starts_with("COMPLETE"));
  bob.must("wait eight");
  bob.must("check eight 1");
}

TEST_CASE("a peer beyond the limit is refused until another has gone") {
  worker_process hub{{"--rdma.max-peers=2"}};
  auto first = std::make_unique<worker_process>();
  worker_process second;
  worker_process third;
  write(hub, *first);
  write(second, hub);
  SECTION("when the hub is active") {
    auto target = third.must("writable w 100");
    hub.must("write a 1 100 " + target);
    CHECK(hub.ask("wait a").starts_with("error limit_reached"));
  }
  SECTION("when the hub is passive") {
    auto target = hub.must("writable w 100");
    third.must("write a 1 100 " + target);
    CHECK(third.ask("wait a").starts_with("error limit_reached"));
  }
  write(hub, second);
  write(second, hub);
  first->signal(SIGTERM);
  first.reset();
  auto end = clock_type::now() + patience;
  for (;;) {
    auto target = third.must("writable w 100");
    hub.must("write a 1 100 " + target);
    auto answer = hub.ask("wait a");
    if (answer.starts_with("ok"))
      break;
    CAPTURE(answer);
    REQUIRE(answer.starts_with("error limit_reached"));
    REQUIRE(clock_type::now() < end);
  }
  write(third, hub);
  write(hub, third);
}

TEST_CASE("full windows both ways with room for one chunk do not deadlock") {
  std::vector<std::string> tiny{"--rdma.chunk-size=65536",
                                "--rdma.max-inbound-bytes=65536",
                                "--rdma.window=64",
                                "--rdma.active-deadline=5min"};
  worker_process alice{tiny};
  worker_process bob{tiny};
  constexpr int n = 8;
  for (int i = 0; i < n; ++i) {
    auto id = std::to_string(i);
    auto seeded = id + " " + id + " 10000001";
    auto metadata = bob.must("writable w" + id + " 10000001");
    alice.must("write a" + seeded + " " + metadata);
    metadata = alice.must("writable w" + id + " 10000001");
    bob.must("write a" + seeded + " " + metadata);
    metadata = bob.must("readable r" + seeded);
    alice.must("read b" + id + " 10000001 " + metadata);
    metadata = alice.must("readable r" + seeded);
    bob.must("read b" + id + " 10000001 " + metadata);
  }
  for (int i = 0; i < n; ++i) {
    auto id = std::to_string(i);
    for (auto* x : {&alice, &bob}) {
      for (auto* kind : {"a", "b", "w", "r"})
        CHECK(x->must("wait " + (kind + id)).starts_with("COMPLETE"));
      x->must("check w" + id + " " + id);
      x->must("check b" + id + " " + id);
    }
  }
}
