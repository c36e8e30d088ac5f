// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;
using namespace std::chrono_literals;

namespace {

runtime_options short_deadlines() {
  runtime_options x;
  x.passive_deadline = 60s;
  x.active_deadline = 10s;
  x.grace = 2s;
  return x;
}

errc code(pending<report>& x) {
  auto answer = x.get();
  return answer ? errc::none : code_of(answer.error());
}

} // namespace

TEST_CASE("a passive operation ends at its default deadline") {
  stage x{short_deadlines()};
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  auto waiter = x.wait(op);
  x.advance(60s - 1ns);
  CHECK_FALSE(waiter.answered());
  x.advance(1ns);
  CHECK(code(waiter) == errc::deadline_exceeded);
  CHECK(x.status(op).status == status::errored);
}

TEST_CASE("an active operation ends at its default deadline") {
  stage x{short_deadlines()};
  x.lane->auto_connect = false;
  auto op = GENERATE(true, false) ? x.write() : x.read();
  auto waiter = x.wait(op);
  x.advance(10s - 1ns);
  CHECK_FALSE(waiter.answered());
  x.advance(1ns);
  CHECK(code(waiter) == errc::deadline_exceeded);
}

TEST_CASE("an operation's own deadline takes the place of the default") {
  stage x{short_deadlines()};
  x.lane->auto_connect = false;
  operation_options opts{3s};
  std::vector<operation> ops{x.writable(opts), x.readable(opts), x.write(opts),
                             x.read(opts)};
  x.advance(3s - 1ns);
  for (auto& op : ops)
    CHECK(x.status(op).status == status::initialized);
  x.advance(1ns);
  for (auto& op : ops)
    CHECK(code_of(x.status(op).reason) == errc::deadline_exceeded);
}

TEST_CASE("an infinite deadline never ends an operation") {
  stage x{short_deadlines()};
  auto op = x.writable({caf::infinite});
  CHECK(x.loop.timers() == 0);
  x.advance(1000h);
  CHECK(x.status(op).status == status::initialized);
}

TEST_CASE("a deadline beyond the end of the clock never ends an operation") {
  stage x{short_deadlines()};
  auto op = x.writable({caf::timespan{caf::timespan::max().count() - 1}});
  x.advance(1000h);
  CHECK(x.status(op).status == status::initialized);
}

TEST_CASE("a destination tells the source that its deadline has passed") {
  stage x{short_deadlines()};
  auto op = x.writable();
  x.claim();
  x.advance(60s);
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].status == status::errored);
  CHECK(words[0].code == errc::deadline_exceeded);
}

TEST_CASE("a source whose deadline passes asks the destination") {
  stage x{short_deadlines()};
  auto op = x.write();
  auto src = x.lane->sources.at(0);
  auto waiter = x.wait(op);
  x.advance(10s);
  auto asked = x.sent<cancel_request>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].code == errc::deadline_exceeded);
  CHECK_FALSE(waiter.answered());
  SECTION("and ends with its own reason") {
    x.frame_to(src.owner, src.key,
               ended(status::errored, errc::deadline_exceeded, "x"));
    CHECK(reason_of(waiter.get().error()) == "the deadline has passed");
  }
  SECTION("and is COMPLETE if that was just so") {
    x.frame_to(src.owner, src.key, ended(status::complete));
    CHECK(waiter.get()->status == status::complete);
  }
}

TEST_CASE("a deadline after the end changes nothing") {
  stage x{short_deadlines()};
  auto op = x.writable();
  x.claim();
  x.tell(x.lane->sinks.at(0).owner, transfer_landed{100, {}});
  CHECK(x.loop.timers() == 0);
  x.advance(1000s);
  CHECK(x.status(op).status == status::complete);
}

// -- grace -------------------------------------------------------------------

TEST_CASE("a transport that does not let go within the grace loses the link") {
  stage x{short_deadlines()};
  x.lane->auto_release = false;
  auto op = x.writable();
  x.claim();
  auto answer = x.cancel(op, "enough");
  x.advance(2s - 1ns);
  CHECK(x.lane->resets.empty());
  x.advance(1ns);
  REQUIRE(x.lane->resets.size() == 1);
  CHECK(x.lane->resets[0].first == key_of_peer.link);
  CHECK(code_of(x.lane->resets[0].second) == errc::link_reset);
  CHECK_FALSE(answer.answered());
  x.lane->release();
  x.settle();
  CHECK(answer.get()->status == status::cancelled);
  x.advance(100s);
  CHECK(x.lane->resets.size() == 1);
}

TEST_CASE(
  "a destination that does not answer within the grace loses the link") {
  stage x{short_deadlines()};
  auto op = x.write();
  auto src = x.lane->sources.at(0);
  auto answer = x.cancel(op, "enough");
  x.advance(2s);
  REQUIRE(x.lane->resets.size() == 1);
  CHECK(x.lane->resets[0].first == src.key.link);
  x.tell(src.owner, transfer_failed{x.lane->resets[0].second, true});
  auto report = answer.get();
  CHECK(report->status == status::errored);
  CHECK(code_of(report->reason) == errc::outcome_unknown);
}

TEST_CASE("a transport that goes on letting go gets more time") {
  stage x{short_deadlines()};
  x.lane->auto_release = false;
  auto op = x.writable();
  x.claim();
  auto owner = x.lane->sinks.at(0).owner;
  auto answer = x.cancel(op, "enough");
  for (auto i = 0; i < 5; ++i) {
    x.tell(owner, transfer_progress{50});
    x.advance(2s);
  }
  CHECK(x.lane->resets.empty());
  x.advance(2s);
  CHECK(x.lane->resets.size() == 1);
}

TEST_CASE("an answer within the grace keeps the link") {
  stage x{short_deadlines()};
  auto op = x.write();
  auto src = x.lane->sources.at(0);
  auto answer = x.cancel(op, "enough");
  x.advance(1s);
  x.frame_to(src.owner, src.key, ended(status::cancelled, errc::cancelled));
  CHECK(answer.get()->status == status::cancelled);
  CHECK(x.loop.timers() == 0);
  x.advance(100s);
  CHECK(x.lane->resets.empty());
}

TEST_CASE("an operation without a link has nothing to reset") {
  stage x{short_deadlines()};
  x.lane->auto_release = false;
  auto op = x.writable();
  auto answer = x.cancel(op, "enough");
  x.advance(100s);
  CHECK(x.lane->resets.empty());
  x.lane->release();
  x.settle();
  CHECK(answer.get()->status == status::cancelled);
}
