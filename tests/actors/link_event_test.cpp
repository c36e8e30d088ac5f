// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/node.hpp"

#include <caf/actor_cast.hpp>

#include <optional>

using namespace rdma;
using namespace rdma_test;

namespace {

void write(node& from, node& to) {
  auto source = pattern(10, 1);
  std::vector<std::byte> target(10);
  auto writable = to.begin(create_writable_atom_v, describe(target));
  auto write = from.begin(begin_write_atom_v, describe(source),
                          to.describe(writable));
  REQUIRE(from.wait(write));
  REQUIRE(to.wait(writable));
}

link_listener listener(const caf::scoped_actor& x) {
  return caf::actor_cast<link_listener>(caf::actor_cast<caf::actor>(x));
}

std::optional<link_event> next_event(const caf::scoped_actor& from,
                                     std::chrono::seconds limit = patience) {
  std::optional<link_event> result;
  from->receive([&result](const link_event& x) { result = x; },
                caf::after(limit) >> [] {});
  return result;
}

} // namespace

TEST_CASE("a listener hears of the links that are up already") {
  node alice{"alice"};
  {
    node bob{"bob"};
    write(alice, bob);
    alice.runtime.watch_links(listener(alice.self));
    auto up = next_event(alice.self);
    REQUIRE(up);
    CHECK(up->up);
    CHECK(up->peer == "bob");
    CHECK(up->lane == lane());
    CHECK(up->reason == caf::none);
    bob.runtime.watch_links(listener(bob.self));
    auto other = next_event(bob.self);
    REQUIRE(other);
    CHECK(other->peer == "alice");
    CHECK(other->incarnation != up->incarnation);
  }
  auto down = next_event(alice.self);
  REQUIRE(down);
  CHECK_FALSE(down->up);
  CHECK(down->peer == "bob");
  CHECK(down->lane == lane());
  CHECK(code_of(down->reason) == errc::peer_lost);
  CHECK(reason_of(down->reason).find("shutting_down") != std::string::npos);
}

TEST_CASE("a listener that is dead is forgotten, others are not") {
  node alice{"alice"};
  node bob{"bob"};
  caf::scoped_actor alive{alice.system};
  {
    caf::scoped_actor dead{alice.system};
    alice.runtime.watch_links(listener(dead));
  }
  alice.runtime.watch_links(listener(alive));
  write(alice, bob);
  CHECK(next_event(alive));
}

TEST_CASE("a runtime that works with itself has no events") {
  node alice{"alice"};
  alice.runtime.watch_links(listener(alice.self));
  write(alice, alice);
  CHECK_FALSE(next_event(alice.self, std::chrono::seconds{0}));
}
