// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/load.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <thread>

using namespace rdma_test;

namespace {

// Begins `n` writes and `n` reads from `active` to `passive`.
void begin(worker_process& active, worker_process& passive, int n,
           const std::string& sizes) {
  for (int i = 0; i < n; ++i) {
    auto id = std::to_string(i);
    auto metadata = passive.must("writable w" + id + " " + sizes);
    active.must("write a" + id + " " + id + " " + sizes + " " + metadata);
    metadata = passive.must("readable r" + id + " " + id + " " + sizes);
    active.must("read b" + id + " " + sizes + " " + metadata);
  }
}

void finish(worker_process& active, worker_process& passive, int n) {
  for (int i = 0; i < n; ++i) {
    auto id = std::to_string(i);
    active.must("wait a" + id);
    active.must("wait b" + id);
    passive.must("wait w" + id);
    passive.must("wait r" + id);
    passive.must("check w" + id + " " + id);
    active.must("check b" + id + " " + id);
  }
}

} // namespace

TEST_CASE("100 operations each way at the same time keep their bytes apart") {
  worker_process alice;
  worker_process bob;
  begin(alice, bob, 50, "300001");
  begin(bob, alice, 50, "1048577");
  finish(alice, bob, 50);
}

TEST_CASE("two sides that write to each other at full window do not deadlock") {
  worker_process alice{{"--rdma.max-inbound-bytes=1048576"}};
  worker_process bob{{"--rdma.max-inbound-bytes=1048576"}};
  begin(alice, bob, 4, "50000000");
  for (int i = 0; i < 4; ++i) {
    auto id = std::to_string(i);
    auto metadata = alice.must("writable x" + id + " 50000000");
    bob.must("write y" + id + " " + id + " 50000000 " + metadata);
  }
  finish(alice, bob, 4);
  for (int i = 0; i < 4; ++i) {
    auto id = std::to_string(i);
    bob.must("wait y" + id);
    alice.must("check x" + id + " " + id);
  }
}

TEST_CASE("operations leave nothing behind") {
  worker_process alice;
  worker_process bob;
  auto round = [&](int n) {
    for (int i = 0; i < n; ++i) {
      auto metadata = bob.must("writable w 4096");
      alice.must("write a 1 4096 " + metadata);
      alice.must("wait a");
      bob.must("wait w");
      alice.must("drop a");
      bob.must("drop w");
    }
  };
  round(10);
  stats before{alice};
  round(1000);
  // The last operation may still be on its way out.
  for (int i = 0; i < 1000 && stats{alice}.actors > before.actors; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  stats after{alice};
  CHECK(after.actors <= before.actors);
  CHECK(after.fds == before.fds);
}

TEST_CASE("an idle worker with a link and a waiting operation sleeps") {
  // CAF's default policy, work stealing, polls 100 times a second per thread.
  worker_process alice{{"--caf.scheduler.policy=sharing"}};
  worker_process bob;
  auto metadata = bob.must("writable w 100");
  alice.must("write a 1 100 " + metadata);
  alice.must("wait a");
  alice.must("writable waiting 100");
  stats before{alice};
  std::this_thread::sleep_for(std::chrono::seconds{2});
  stats after{alice};
  WARN("CPU of an idle worker: " << after.cpu_ms - before.cpu_ms
                                 << " ms in 2 s");
  CHECK(after.sleeps > before.sleeps);
}
