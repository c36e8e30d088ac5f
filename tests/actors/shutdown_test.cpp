// SPDX-License-Identifier: BSD-3-Clause

// Runtimes and connectors end with as many operations as they may have.

#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/tests/actors/stage.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

using namespace rdma;
using namespace rdma_test;

namespace {

/// What those who wait were told.
struct tally {
  std::atomic<size_t> waiting = 0;
  std::atomic<size_t> ended = 0;
  std::atomic<size_t> shutting_down = 0;
};

// CAF 0.18 looks through the pending requests of an actor: none has many.
constexpr size_t operations_per_actor = 64;

/// Makes operations that nobody claims, and waits for them.
caf::behavior holder(caf::event_based_actor* self, connector_actor connector,
                     std::byte* memory, tally* told) {
  for (size_t i = 0; i < operations_per_actor; ++i) {
    operation_options opts;
    opts.deadline = caf::infinite;
    descriptor_list list{descriptor{memory, size_t{1}}};
    self
      ->request(connector, caf::infinite, create_writable_atom_v,
                std::move(list), opts)
      .then([=](const operation& op) {
        self->request(op.actor(), caf::infinite, wait_atom_v)
          .then([op](const report&) {},
                [=](const caf::error& reason) {
                  told->shutting_down += code_of(reason) == errc::shutting_down;
                  ++told->ended;
                });
        ++told->waiting;
      });
  }
  return {[](int) {}};
}

} // namespace

TEST_CASE("every operation of full connectors is told that the runtime ends",
          "[slow]") {
  constexpr size_t connectors = 2;
  tally told;
  std::byte memory{};
  config conf;
  caf::actor_system sys{conf};
  auto options = test_options("alice");
  auto made = runtime::make(sys, options);
  REQUIRE(made);
  std::optional<runtime> alice{std::move(*made)};
  std::vector<connector_actor> held;
  std::vector<caf::actor> holders;
  for (size_t i = 0; i < connectors; ++i) {
    held.push_back(alice->spawn_connector("full"));
    for (size_t n = 0; n < options.max_operations; n += operations_per_actor)
      holders.push_back(sys.spawn(holder, held.back(), &memory, &told));
  }
  constexpr size_t all = connectors * 65536;
  REQUIRE(options.max_operations * connectors == all);
  REQUIRE(rdma::test::eventually([&] { return told.waiting == all; }));
  alice.reset();
  REQUIRE(rdma::test::eventually([&] { return told.ended == all; }));
  CHECK(told.shutting_down == all);
  for (auto& x : holders)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
}

TEST_CASE("a connector is quiet once the last of its operations is final") {
  constexpr size_t count = 200; // told in several turns
  stage x;
  std::vector<operation> ops;
  for (size_t i = 0; i < count; ++i)
    ops.push_back(x.writable());
  x.lane->auto_release = false;
  auto done = x.shut_down();
  CHECK(x.lane->withdrawals.size() == count);
  ops.resize(count / 2); // the others go while they end
  x.settle();
  auto last = std::move(x.lane->held_withdrawals.back());
  x.lane->held_withdrawals.pop_back();
  x.lane->release();
  x.settle();
  CHECK_FALSE((*done)->has_next_message());
  SECTION("and answers everybody who has asked") {
    auto again = x.shut_down();
    CHECK_FALSE((*again)->has_next_message());
    last.promise.deliver();
    x.settle();
    CHECK((*again)->has_next_message());
  }
  last.promise.deliver();
  x.settle();
  CHECK((*done)->has_next_message());
}
