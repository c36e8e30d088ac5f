// SPDX-License-Identifier: BSD-3-Clause

// The last handle to an operation or a connector goes away.

#include "caf_rdma/tests/actors/stage.hpp"

#include <caf/event_based_actor.hpp>

#include <catch2/generators/catch_generators.hpp>

#include <optional>
#include <thread>

using namespace rdma;
using namespace rdma_test;

TEST_CASE("dropping the last handle cancels an operation and removes it") {
  stage x;
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  CHECK(x.loop.hosted_actors() == x.actors_at_rest + 1);
  CHECK(x.loop.timers() == 1);
  SECTION("a copy keeps it") {
    auto copy = op;
    op = operation{};
    x.settle();
    CHECK(x.status(copy).status == status::initialized);
  }
  op = operation{};
  x.settle();
  REQUIRE(x.lane->withdrawals.size() == 1);
  CHECK(x.lane->withdrawals[0].epitaph.code == errc::cancelled);
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
  CHECK(x.loop.timers() == 0);
}

TEST_CASE("a dropped destination tells the source") {
  stage x;
  auto op = x.writable();
  x.claim();
  op = operation{};
  x.settle();
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].code == errc::cancelled);
  CHECK(words[0].reason == "the last copy of the operation was dropped");
}

TEST_CASE("a dropped source lives on until the destination has answered") {
  stage x;
  auto op = x.write();
  auto src = x.lane->sources.at(0);
  auto actors = x.loop.hosted_actors();
  op = operation{};
  x.settle();
  CHECK(x.sent<cancel_request>().size() == 1);
  CHECK(x.loop.hosted_actors() == actors);
  x.frame_to(src.owner, src.key, ended(status::cancelled, errc::cancelled));
  CHECK(x.loop.hosted_actors() == actors - 1);
}

TEST_CASE("a dropped operation lives on until the transport has let go") {
  stage x;
  x.lane->auto_release = false;
  auto op = x.writable();
  op = operation{};
  x.settle();
  CHECK(x.loop.hosted_actors() == x.actors_at_rest + 1);
  x.lane->release();
  x.settle();
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
}

TEST_CASE("a pending wait keeps nothing, and is told of the drop") {
  stage x;
  auto op = x.writable();
  auto waiter = x.wait(op);
  op = operation{};
  x.settle();
  CHECK(x.lane->withdrawals.size() == 1);
  CHECK(code_of(waiter.get().error()) == errc::cancelled);
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
}

TEST_CASE("a pending start of a prepared operation keeps nothing") {
  stage x;
  auto op = x.request<prepared_operation>(x.connector, prepare_write_atom_v,
                                          x.local(),
                                          x.remote(operation_kind::writable),
                                          operation_options{})
              .get();
  REQUIRE(op);
  auto start = x.request<report>(op->actor(), start_atom_v);
  auto src = x.lane->sources.at(0);
  auto actors = x.loop.hosted_actors();
  *op = prepared_operation{};
  x.settle();
  CHECK(x.sent<cancel_request>().size() == 1);
  x.frame_to(src.owner, src.key, ended(status::cancelled, errc::cancelled));
  CHECK(code_of(start.get().error()) == errc::cancelled);
  CHECK(x.loop.hosted_actors() == actors - 1);
}

TEST_CASE("a start that waits for its link ends like any other") {
  stage x;
  x.lane->auto_connect = false;
  auto op = *x.request<prepared_operation>(x.connector, prepare_write_atom_v,
                                           x.local(),
                                           x.remote(operation_kind::writable),
                                           operation_options{})
               .get();
  auto start = x.request<report>(op.actor(), start_atom_v);
  auto code = errc::cancelled;
  SECTION("dropped") {
    op = prepared_operation{};
  }
  SECTION("cancelled") {
    auto end = x.request<report>(op.actor(), cancel_atom_v);
    REQUIRE(end.answered());
    CHECK(end.get()->status == status::cancelled);
  }
  SECTION("shut down") {
    auto done = x.shut_down();
    CHECK((*done)->has_next_message());
    code = errc::shutting_down;
  }
  x.settle();
  REQUIRE(start.answered());
  CHECK(code_of(start.get().error()) == code);
}

TEST_CASE("an actor that dies while it waits cancels its operations") {
  stage x;
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  auto waiter
    = x.sys.spawn([op](caf::event_based_actor* self) -> caf::behavior {
        self->request(op.actor(), caf::infinite, wait_atom_v)
          .then([op](const report&) {});
        return {[](int) {}};
      });
  op = operation{};
  REQUIRE(rdma::test::eventually([&] {
    x.settle();
    return x.loop.hosted_actors() == x.actors_at_rest + 1;
  }));
  CHECK(x.lane->withdrawals.empty());
  caf::anon_send_exit(waiter, caf::exit_reason::kill);
  REQUIRE(rdma::test::eventually([&] {
    x.settle();
    return x.loop.hosted_actors() == x.actors_at_rest;
  }));
  REQUIRE(x.lane->withdrawals.size() == 1);
  CHECK(x.lane->withdrawals[0].epitaph.code == errc::cancelled);
}

TEST_CASE("a pending cancel hears of the end, although the handle is gone") {
  stage x;
  auto op = x.write();
  auto src = x.lane->sources.at(0);
  auto answer = x.cancel(op, "enough");
  op = operation{};
  x.settle();
  CHECK(x.sent<cancel_request>().size() == 1);
  x.frame_to(src.owner, src.key, ended(status::complete));
  CHECK(answer.get()->status == status::complete);
}

TEST_CASE("dropping an ended operation only removes it") {
  stage x;
  auto op = x.writable();
  CHECK(x.cancel(op, "enough").get());
  CHECK(x.loop.hosted_actors() == x.actors_at_rest + 1);
  auto calls = x.lane->calls;
  op = operation{};
  x.settle();
  CHECK(x.lane->calls == calls);
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
}

TEST_CASE("handles may be dropped on any thread") {
  stage x;
  std::vector<operation> ops;
  for (auto i = 0; i < 100; ++i)
    ops.push_back(x.writable());
  std::thread{[xs = std::exchange(ops, {})]() mutable { xs.clear(); }}.join();
  x.settle();
  CHECK(x.lane->withdrawals.size() == 100);
  CHECK(x.loop.hosted_actors() == x.actors_at_rest);
}

TEST_CASE("handles may be dropped after the loop is gone") {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  std::optional<stage> x{std::in_place};
  auto op = x->writable();
  auto waiter = x->wait(op);
  SECTION("with a waiter that is told") {
    x->loop.stop();
    CHECK_FALSE(waiter.get());
  }
  SECTION("with a request that comes too late") {
    x->loop.stop();
    pending<report> late{x->sys, op.actor(), wait_atom_v};
    CHECK_FALSE(late.get());
  }
  x->loop.stop();
  op = operation{};
}

TEST_CASE("who monitors a handle learns when the operation's actor ends") {
  stage x;
  auto op = x.writable();
  caf::scoped_actor self{x.sys};
  self->monitor(op.actor());
  x.loop.stop();
  auto seen = false;
  self->receive([&](const caf::down_msg& msg) {
    seen = msg.source == op.actor().address();
  });
  CHECK(seen);
}

TEST_CASE("an exit message to a handle does not end the operation") {
  stage x;
  auto op = x.writable();
  caf::anon_send_exit(op.actor(), caf::exit_reason::kill);
  x.settle();
  CHECK(x.status(op).status == status::initialized);
}
