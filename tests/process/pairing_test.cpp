// SPDX-License-Identifier: BSD-3-Clause

// Connection attempts that only one side knows of must not leave UCX's pairing
// of endpoints off by one: see transport/ucx/hidden_endpoint_test.cpp.

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <csignal>

using namespace rdma_test;

namespace {

const strings impatient{"--rdma.connect-timeout=300ms", "--rdma.grace=300ms",
                        "--rdma.heartbeat=100ms"};

/// Connects to a stopped worker until it times out.
void fail_to_connect(worker_process& from, const std::string& metadata) {
  from.must("write x 1 3000000 " + metadata);
  CHECK(code_of(from.ask("wait x")) == "peer_unreachable");
}

/// Stops the source while the target is fetching, ends the target by force,
/// and lets the source go on.
void closes_what_it_receives(worker_process& source, worker_process& target) {
  auto begin = [&] {
    auto metadata = target.must("writable late 400000000");
    source.must("write late 1 400000000 " + metadata);
  };
  stop_in_mid_transfer(begin, source, target, "late");
  target.tell("cancel late");
  auto answer = target.hear();
  CAPTURE(answer);
  target.ask("poison late");
  source.signal(SIGCONT);
  source.ask("wait late");
  target.must("poisoned late");
  link(source, target);
  target.must("poisoned late");
}

void works_as_paired(worker_process& x, worker_process& y) {
  write_both_ways(x, y);
  closes_what_it_receives(x, y);
  closes_what_it_receives(y, x);
  write_both_ways(x, y);
}

} // namespace

TEST_CASE("attempts that only one side knows of leave no hidden endpoint",
          "[pairing]") {
  auto attempts = GENERATE(1, 3);
  auto first = GENERATE(true, false);
  CAPTURE(attempts, first);
  auto alice = start("alice", impatient);
  auto bob = start("bob", impatient);
  auto metadata = bob->must("writable w 3000000");
  bob->signal(SIGSTOP);
  for (int i = 0; i < attempts; ++i)
    fail_to_connect(*alice, metadata);
  bob->signal(SIGCONT);
  if (first)
    link(*alice, *bob);
  else
    link(*bob, *alice);
  works_as_paired(*alice, *bob);
}

TEST_CASE("attempts of both sides leave no hidden endpoint", "[pairing]") {
  auto alice = start("alice", impatient);
  auto bob = start("bob", impatient);
  auto to_alice = alice->must("writable w 3000000");
  auto to_bob = bob->must("writable w 3000000");
  bob->signal(SIGSTOP);
  fail_to_connect(*alice, to_bob);
  fail_to_connect(*alice, to_bob);
  alice->signal(SIGSTOP);
  bob->signal(SIGCONT);
  fail_to_connect(*bob, to_alice);
  alice->signal(SIGCONT);
  link(*alice, *bob);
  works_as_paired(*alice, *bob);
}

TEST_CASE("attempts before a restart do not count after it", "[pairing]") {
  auto alice = start("alice", impatient);
  auto bob = start("bob", impatient);
  auto metadata = bob->must("writable w 3000000");
  bob->signal(SIGSTOP);
  fail_to_connect(*alice, metadata);
  bob = start("bob", impatient);
  link(*alice, *bob);
  works_as_paired(*alice, *bob);
  metadata = alice->must("writable w 3000000");
  alice->signal(SIGSTOP);
  auto carol = start("carol", impatient);
  fail_to_connect(*carol, metadata);
  alice->signal(SIGCONT);
  link(*alice, *carol);
  works_as_paired(*alice, *carol);
}
