// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <memory>
#include <string>

using namespace rdma_test;

TEST_CASE("workers link again after either of them has restarted") {
  auto alice = start("alice");
  auto bob = start("bob");
  write(*alice, *bob);
  SECTION("the passive one") {
    bob = start("bob");
    write(*alice, *bob);
    write(*bob, *alice);
  }
  SECTION("the active one") {
    alice = start("alice");
    write(*alice, *bob);
    write(*bob, *alice);
  }
  SECTION("both, one after the other") {
    bob = start("bob");
    alice = start("alice");
    write(*bob, *alice);
    write(*alice, *bob);
  }
}

TEST_CASE("two workers that connect to each other at once share one link") {
  for (int i = 0; i < 10; ++i) {
    auto alice = start("alice");
    auto bob = start("bob");
    auto to_alice = alice->must("writable w 100000");
    auto to_bob = bob->must("writable w 100000");
    alice->tell("write a 1 100000 " + to_bob);
    bob->tell("write a 2 100000 " + to_alice);
    CHECK(alice->hear() == "ok");
    CHECK(bob->hear() == "ok");
    CHECK(alice->must("wait a").starts_with("COMPLETE"));
    CHECK(bob->must("wait a").starts_with("COMPLETE"));
    alice->must("wait w");
    bob->must("wait w");
    alice->must("check w 2");
    bob->must("check w 1");
  }
}

TEST_CASE("metadata of a worker's earlier life is refused") {
  auto alice = start("alice");
  auto bob = start("bob");
  auto old = bob->must("writable w 100");
  bob = start("bob");
  SECTION("when nobody answers") {
    alice->must("write a 1 100 " + old);
    CHECK(alice->ask("wait a").starts_with("error peer_unreachable"));
  }
  SECTION("when the new life is linked") {
    write(*alice, *bob);
    alice->must("write a 1 100 " + old);
    CHECK(alice->ask("wait a").starts_with("error stale_metadata"));
  }
  write(*alice, *bob);
}

TEST_CASE("the death of a peer ends the operations with it, and only those") {
  auto alice = start("alice", slow);
  auto bob = start("bob", slow);
  auto carol = start("carol");
  write(*alice, *carol);
  SECTION("of an active worker in mid-transfer") {
    auto metadata = bob->must("writable w 400000000");
    alice->must("write a 1 400000000 " + metadata);
    until_in_progress(*alice, "a");
    bob->kill();
    CHECK(tells_loss(alice->ask("wait a"), true));
  }
  SECTION("of a passive worker in mid-transfer") {
    auto metadata = alice->must("writable w 400000000");
    bob->must("write a 1 400000000 " + metadata);
    until_in_progress(*alice, "w");
    bob->kill();
    CHECK(alice->ask("wait w").starts_with("error peer_lost"));
  }
  SECTION("of a reader in mid-transfer") {
    auto metadata = bob->must("readable r 1 400000000");
    alice->must("read a 400000000 " + metadata);
    until_in_progress(*alice, "a");
    bob->kill();
    CHECK(alice->ask("wait a").starts_with("error peer_lost"));
  }
  write(*alice, *carol);
  write(*carol, *alice);
}

TEST_CASE("a peer that is stopped is given up, and found again") {
  // Small chunks, one at a time, so that the transfer takes its time.
  worker_process alice{{"--rdma.heartbeat=100ms", "--rdma.heartbeat-limit=1s",
                        "--rdma.chunk-size=4096", "--rdma.window=1"}};
  auto bob = start("bob", slow);
  write(alice, *bob);
  auto metadata = bob->must("writable w2 400000000");
  alice.must("write b 1 400000000 " + metadata);
  until_in_progress(alice, "b");
  bob->signal(SIGSTOP);
  auto answer = alice.ask("wait b");
  CAPTURE(answer);
  CHECK(tells_loss(answer, true, "peer_unresponsive"));
  bob->signal(SIGCONT);
  bob->must("cancel w2");
  write(alice, *bob);
  write(*bob, alice);
}
