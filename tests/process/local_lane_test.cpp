// SPDX-License-Identifier: BSD-3-Clause

// Which lane two workers of one host agree on, and what the option does.

#include "caf_rdma/tests/process/steps.hpp"

#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

using namespace rdma_test;

namespace {

worker_ptr start_with(const std::string& id, const std::string& lane,
                      strings prefix = {}) {
  prefix.insert(prefix.end(),
                {RDMA_TEST_WORKER, "--rdma.worker-id=" + id,
                 "--rdma.lane=" + lane, "--caf.logger.file.verbosity=info",
                 "--caf.logger.file.path=/dev/stderr"});
  return std::make_unique<worker_process>(command_line{std::move(prefix)});
}

/// The lane of a write between the two.
std::string lane_between(worker_process& from, worker_process& to) {
  auto metadata = to.must("writable w 3000000");
  from.must("write a 5 3000000 " + metadata);
  auto answer = from.must("wait a");
  CAPTURE(answer);
  CHECK(answer.starts_with("COMPLETE 3000000 "));
  CHECK(to.must("wait w").starts_with("COMPLETE"));
  to.must("check w 5");
  auto words = answer.substr(std::string{"COMPLETE 3000000 "}.size());
  return words.substr(0, words.find(' '));
}

} // namespace

TEST_CASE("two workers of one host use the local lane by themselves") {
  auto alice = start_with("alice", "auto");
  auto bob = start_with("bob", "auto");
  CHECK(lane_between(*alice, *bob) == "local");
  CHECK(lane_between(*bob, *alice) == "local");
}

TEST_CASE("either side can forbid the local lane") {
  auto alice = start_with("alice", "auto");
  auto bob = start_with("bob", "ucx");
  CHECK(lane_between(*alice, *bob) == "ucx");
  CHECK(lane_between(*bob, *alice) == "ucx");
}

TEST_CASE("a worker that insists on the local lane has no other link") {
  auto alice = start_with("alice", "local");
  auto bob = start_with("bob", "ucx");
  auto metadata = bob->must("writable w 100");
  alice->must("write a 1 100 " + metadata);
  auto answer = alice->ask("wait a");
  CAPTURE(answer);
  CHECK(code_of(answer) == "no_usable_lane");
  CHECK(answer.find("rdma.lane") != std::string::npos);
  auto carol = start_with("carol", "auto");
  CHECK(lane_between(*alice, *carol) == "local");
}

TEST_CASE("a stopped worker finds all that was put into its ring") {
  strings options{"--rdma.lane=local", "--rdma.local-ring-size=131072",
                  "--rdma.heartbeat-limit=30s"};
  auto alice = start("alice", options);
  auto bob = start("bob", options);
  write_both_ways(*alice, *bob);
  constexpr int count = 100; // six times what the ring holds
  std::vector<std::string> metadata;
  for (int i = 0; i < count; ++i)
    metadata.push_back(bob->must("writable w" + std::to_string(i) + " 8000"));
  bob->signal(SIGSTOP);
  for (int i = 0; i < count; ++i) {
    auto id = std::to_string(i);
    alice->must("write a" + id + " " + id + " 8000 " + metadata[i]);
  }
  SECTION("and goes on") {
    CHECK(alice->must("status a99").starts_with("IN_PROGRESS"));
    bob->signal(SIGCONT);
    for (int i = 0; i < count; ++i) {
      auto id = std::to_string(i);
      CHECK(alice->must("wait a" + id).starts_with("COMPLETE"));
      CHECK(bob->must("wait w" + id).starts_with("COMPLETE"));
      bob->must("check w" + id + " " + id);
    }
    write_both_ways(*alice, *bob);
  }
  SECTION("or dies") {
    bob->kill();
    for (int i = 0; i < count; ++i) {
      auto answer = alice->ask("wait a" + std::to_string(i));
      CAPTURE(i, answer);
      CHECK(code_of(answer) == "outcome_unknown"); // all has been offered
    }
    auto carol = start("carol", options);
    write_both_ways(*alice, *carol);
  }
}

TEST_CASE("workers of different PID namespaces go by UCX") {
  if (getuid() != 0)
    SKIP("needs to be root to make a PID namespace");
  auto alice = start_with("alice", "auto");
  auto bob = start_with("bob", "auto",
                        {"unshare", "--pid", "--fork", "--kill-child"});
  CHECK(lane_between(*alice, *bob) == "ucx");
  CHECK(lane_between(*bob, *alice) == "ucx");
}

TEST_CASE("a worker whose seccomp filter forbids reading others goes by UCX") {
  auto alice = start_with("alice", "auto", {RDMA_TEST_SECCOMP});
  auto bob = start_with("bob", "auto");
  CHECK(lane_between(*alice, *bob) == "ucx");
  CHECK(lane_between(*bob, *alice) == "ucx");
}

TEST_CASE("a worker that may not read the other's memory goes by UCX") {
  if (getuid() != 0)
    SKIP("needs to be root to become somebody else");
  auto alice = start_with("alice", "auto");
  auto bob = start_with("bob", "auto",
                        {"setpriv", "--reuid=65534", "--regid=65534",
                         "--clear-groups"});
  CHECK(lane_between(*alice, *bob) == "ucx");
  CHECK(lane_between(*bob, *alice) == "ucx");
}
