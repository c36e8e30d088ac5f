// SPDX-License-Identifier: BSD-3-Clause

// Frames through shared memory, between two runtimes of one process.

#include "caf_rdma/tests/actors/node.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

runtime_options local_options(std::string id, size_t ring_size) {
  auto result = test_options(std::move(id));
  result.transport.lane = "local";
  result.transport.local_ring_size = ring_size;
  return result;
}

/// Writes `n` times `size` bytes at the same time, and checks them.
void write(node& from, node& to, size_t n, size_t size) {
  std::vector<std::vector<std::byte>> sources;
  std::vector<std::vector<std::byte>> targets(n, std::vector<std::byte>(size));
  std::vector<operation> passive;
  std::vector<operation> active;
  for (size_t i = 0; i < n; ++i) {
    sources.push_back(pattern(size, i));
    passive.push_back(
      to.begin(create_writable_atom_v, rdma_test::describe(targets[i])));
  }
  for (size_t i = 0; i < n; ++i)
    active.push_back(from.begin(begin_write_atom_v,
                                rdma_test::describe(sources[i]),
                                to.describe(passive[i])));
  for (auto& x : active) {
    auto sent = from.wait(x);
    REQUIRE(sent);
    CHECK(sent->lane == "local");
  }
  for (auto& x : passive)
    REQUIRE(to.wait(x));
  CHECK(targets == sources);
}

int64_t ring_messages(node& x) {
  return x.system.metrics()
    .counter_singleton("rdma.links", "ring-messages",
                       "Messages that have come through shared memory.", "1",
                       true)
    ->value();
}

int64_t links(node& x, const std::string& lane) {
  return x.system.metrics()
    .gauge_family("rdma.links", "up", {"lane"}, "Links to other workers.")
    ->get_or_add({{"lane", lane}})
    ->value();
}

int64_t ended(node& x, const std::string& kind, const std::string& lane,
              status what) {
  return x.system.metrics()
    .counter_family("rdma.operations", "ended", {"kind", "lane", "status"},
                    "Operations that have ended.", "1", true)
    ->get_or_add({{"kind", kind}, {"lane", lane}, {"status", to_string(what)}})
    ->value();
}

} // namespace

TEST_CASE("small writes between processes of one host go through rings") {
  auto smallest = size_t{128} << 10;
  node alice{local_options("alice", smallest)};
  node bob{local_options("bob", smallest)};
  write(alice, bob, 1, 100);
  write(bob, alice, 1, 100); // both have heard of each other's ring by now
  auto before = ring_messages(bob);
  SECTION("one after the other") {
    for (int i = 0; i < 1000; ++i)
      write(alice, bob, 1, 4096);
    CHECK(ring_messages(bob) >= before + 1000);
  }
  SECTION("more at a time than the ring holds") {
    write(alice, bob, 500, 8000);
    write(bob, alice, 500, 16000);
    CHECK(ring_messages(bob) > before);
  }
  CHECK(links(alice, "local") == 1);
  CHECK(links(alice, "ucx") == 0);
  CHECK(ended(alice, "write", "local", status::complete)
        == ended(bob, "writable", "local", status::complete));
}

TEST_CASE("who has no ring gets frames by UCX") {
  auto size = size_t{256} << 10;
  auto mine = GENERATE_COPY(size_t{0}, size);
  auto theirs = GENERATE_COPY(size_t{0}, size);
  node alice{local_options("alice", mine)};
  node bob{local_options("bob", theirs)};
  for (int i = 0; i < 5; ++i) {
    write(alice, bob, 10, 4096);
    write(bob, alice, 10, 4096);
  }
  CHECK((ring_messages(alice) > 0) == (mine > 0));
  CHECK((ring_messages(bob) > 0) == (theirs > 0));
}

TEST_CASE("what was put into a ring counts before the goodbye") {
  node alice{local_options("alice", size_t{128} << 10)};
  for (size_t i = 0; i < 20; ++i) {
    auto source = pattern(4096, i);
    std::vector<std::byte> target(source.size());
    auto sent = [&] {
      node bob{local_options("bob", size_t{128} << 10)};
      write(alice, bob, 1, 100);
      write(bob, alice, 1, 100);
      auto to = bob.begin(create_writable_atom_v, rdma_test::describe(target));
      auto result = alice.begin(begin_write_atom_v, rdma_test::describe(source),
                                bob.describe(to));
      REQUIRE(bob.wait(to));
      return result; // bob closes its links as soon as it is told
    }();
    auto told = alice.wait(sent);
    REQUIRE(told);
    CHECK(told->status == status::complete);
    CHECK(target == source);
  }
}

TEST_CASE("a link that is made anew has new rings") {
  node alice{local_options("alice", size_t{256} << 10)};
  for (int i = 0; i < 5; ++i) {
    node bob{local_options("bob", size_t{256} << 10)};
    for (int j = 0; j < 3; ++j) {
      write(alice, bob, 10, 4096);
      write(bob, alice, 10, 4096);
    }
    CHECK(ring_messages(bob) > 0);
    CHECK(links(alice, "local") == 1);
  }
}
