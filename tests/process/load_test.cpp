// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/load.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace rdma_test;

// -- many at the same time ---------------------------------------------------

namespace {

enum class fate { complete, cancelled, expired };

struct outstanding {
  std::string id;
  bool write;       // by the active side
  bool alice_waits; // the passive side
  fate end;
  std::string metadata;
};

std::vector<outstanding> plan(int n) {
  std::vector<outstanding> result;
  for (int i = 0; i < n; ++i) {
    auto end = i % 10 == 8   ? fate::cancelled
               : i % 10 == 9 ? fate::expired
                             : fate::complete;
    result.push_back({std::to_string(i), i % 4 < 2, i % 2 == 0, end, {}});
  }
  return result;
}

} // namespace

TEST_CASE(
  "ten thousand operations outstanding at once all end as they should") {
  worker_process alice{{"--rdma.active-deadline=5min"}};
  worker_process bob{{"--rdma.active-deadline=5min"}};
  auto passive = [&](const outstanding& x) -> worker_process& {
    return x.alice_waits ? alice : bob;
  };
  auto active = [&](const outstanding& x) -> worker_process& {
    return x.alice_waits ? bob : alice;
  };
  auto xs = plan(10000);
  auto begin = clock_type::now();
  for (auto& x : xs) {
    auto& to = passive(x);
    to.must(x.end == fate::expired ? "deadline 1000" : "deadline 0");
    x.metadata = to.must(x.write ? "writable p" + x.id + " 5000"
                                 : "readable p" + x.id + " " + x.id + " 5000");
  }
  auto created = seconds_since(begin);
  std::shuffle(xs.begin(), xs.end(), std::mt19937{1});
  for (auto& x : xs) {
    if (x.end == fate::cancelled)
      passive(x).must("cancel p" + x.id + " test");
    if (x.end != fate::expired)
      active(x).must(x.write
                       ? "write a" + x.id + " " + x.id + " 5000 " + x.metadata
                       : "read a" + x.id + " 5000 " + x.metadata);
  }
  for (auto& x : xs) {
    auto answer = passive(x).ask("wait p" + x.id);
    CAPTURE(x.id, answer);
    switch (x.end) {
      case fate::complete:
        REQUIRE(answer.starts_with("ok COMPLETE 5000 "));
        REQUIRE(active(x).must("wait a" + x.id).starts_with("COMPLETE 5000 "));
        if (x.write)
          passive(x).must("check p" + x.id + " " + x.id);
        else
          active(x).must("check a" + x.id + " " + x.id);
        break;
      case fate::cancelled:
        REQUIRE(answer.starts_with("error cancelled"));
        answer = active(x).ask("wait a" + x.id);
        REQUIRE(answer.starts_with("error operation_ended"));
        break;
      case fate::expired:
        REQUIRE(answer.starts_with("error deadline_exceeded"));
        break;
    }
  }
  WARN("created after " << created << " s, ended after " << seconds_since(begin)
                        << " s");
}

// -- many peers --------------------------------------------------------------

TEST_CASE("200 peers send and receive, and die at once") {
  constexpr int processes = 10;
  constexpr int members = 20;
  worker_process hub{{"--rdma.active-deadline=5min"}};
  std::vector<std::unique_ptr<crowd>> crowds;
  auto begin = clock_type::now();
  for (int i = 0; i < processes; ++i)
    crowds.push_back(std::make_unique<crowd>(members));
  auto started = clock_type::now();
  auto each = [&](auto f) {
    for (int i = 0; i < processes * members; ++i)
      f(*crowds[static_cast<size_t>(i / members)], i % members,
        std::to_string(i));
  };
  each([&](crowd& peers, int member, const std::string& id) {
    auto metadata = hub.must("writable from" + id + " 100000");
    peers.must(member, "write a 1 100000 " + metadata);
    metadata = peers.must(member, "writable w 100000");
    hub.must("write to" + id + " 2 100000 " + metadata);
  });
  each([&](crowd& peers, int member, const std::string& id) {
    REQUIRE(hub.must("wait to" + id).starts_with("COMPLETE"));
    REQUIRE(hub.must("wait from" + id).starts_with("COMPLETE"));
    hub.must("check from" + id + " 1");
    peers.must(member, "wait w");
    peers.must(member, "check w 2");
  });
  WARN("200 peers started in "
       << std::chrono::duration<double>(started - begin).count()
       << " s, linked and done after " << seconds_since(started) << " s");
  stats linked{hub};
  std::vector<std::string> targets;
  hub.must("deadline 20000");
  each([&](crowd& peers, int member, const std::string& id) {
    auto metadata = hub.must("writable late" + id + " 2000000");
    targets.push_back(peers.must(member, "writable late 2000000"));
    peers.must(member, "write late 3 2000000 " + metadata);
  });
  for (auto& peers : crowds)
    peers->signal(SIGSTOP);
  each([&](crowd&, int, const std::string& id) {
    hub.must("write last" + id + " 2 2000000 " + targets[std::stoul(id)]);
  });
  for (auto& peers : crowds)
    peers->kill();
  auto killed = clock_type::now();
  each([&](crowd&, int, const std::string& id) {
    auto answer = hub.ask("wait last" + id);
    CAPTURE(answer);
    CHECK(answer.starts_with("error "));
    hub.ask("wait late" + id); // may be COMPLETE
  });
  WARN("all ended " << seconds_since(killed) << " s after their death");
  worker_process other;
  run_operations(hub, other, 50);
  stats after{hub};
  CHECK(after.fds < linked.fds);
  WARN("hub: " << linked.rss_kib << " KiB and " << linked.fds
               << " fds with 200 links, " << after.rss_kib << " KiB and "
               << after.fds << " fds, " << after.actors << " actors without");
}

// -- many, one after another -------------------------------------------------

namespace {

/// Checks that a worker uses no more than before.
void check_no_growth(const stats& before, const stats& after) {
  // Operations may still be on their way out.
  constexpr long slack = 100;
  CHECK(after.actors < before.actors + slack);
  CHECK(after.fds <= before.fds);
#ifndef RDMA_SANITIZED // a sanitizer keeps freed memory
  CHECK(after.rss_kib < before.rss_kib + 4096);
#endif
}

} // namespace

TEST_CASE("twenty thousand short operations leave no memory behind") {
  worker_process alice;
  worker_process bob;
  run_operations(alice, bob, 10000);
  stats alice_before{alice};
  stats bob_before{bob};
  run_operations(alice, bob, 10000);
  check_no_growth(alice_before, stats{alice});
  check_no_growth(bob_before, stats{bob});
}

TEST_CASE("a million short operations leave no memory behind", "[.long]") {
  worker_process alice;
  worker_process bob;
  auto begin = clock_type::now();
  run_operations(alice, bob, 100000);
  stats alice_before{alice};
  stats bob_before{bob};
  for (int i = 2; i <= 10; ++i) {
    run_operations(alice, bob, 100000);
    stats a{alice};
    stats b{bob};
    WARN(i << "00,000 operations, " << i * 100000 / seconds_since(begin)
           << "/s; KiB " << a.rss_kib << " and " << b.rss_kib << "; fds "
           << a.fds << " and " << b.fds << "; actors " << a.actors << " and "
           << b.actors);
  }
  check_no_growth(alice_before, stats{alice});
  check_no_growth(bob_before, stats{bob});
}

TEST_CASE("peers that come and go leave nothing behind") {
  worker_process hub;
  auto visit = [&hub](int n) {
    for (int i = 0; i < n; ++i) {
      crowd peers{10};
      for (int member = 0; member < 10; ++member) {
        auto metadata = peers.must(member, "writable w 100");
        hub.must("write a 1 100 " + metadata);
        hub.must("wait a");
        metadata = hub.must("writable w 100");
        peers.must(member, "write a 1 100 " + metadata);
        hub.must("wait w");
      }
    }
    hub.must("drop a");
    hub.must("drop w");
  };
  // The connector, the transport and little else. Peers go with a delay.
  auto settle = [&hub] {
    auto end = clock_type::now() + patience;
    while (stats{hub}.actors > 5) {
      REQUIRE(clock_type::now() < end);
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return stats{hub};
  };
  visit(5);
  auto before = settle();
  visit(10);
  auto after = settle();
  WARN("KiB " << before.rss_kib << " then " << after.rss_kib);
  CHECK(after.fds <= before.fds);
}
