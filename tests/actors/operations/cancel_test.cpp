// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

/// A write whose bytes were offered.
struct offered_write {
  offered_write() : op(x.write()), src(x.lane->sources.at(0)) {
    // nop
  }

  template <class Content>
  void peer_says(Content content) {
    x.frame_to(src.owner, src.key, std::move(content));
  }

  stage x;
  operation op;
  source src;
};

} // namespace

// -- at the destination ------------------------------------------------------

TEST_CASE("a passive operation that nobody has claimed is cancelled at once") {
  stage x;
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  auto waiter = x.wait(op);
  auto answer = x.cancel(op, "enough").get();
  REQUIRE(answer);
  CHECK(answer->status == status::cancelled);
  CHECK(code_of(answer->reason) == errc::cancelled);
  CHECK(reason_of(answer->reason) == "enough");
  CHECK(waiter.get().error() == answer->reason);
}

TEST_CASE("a destination cancels by itself and tells the source") {
  stage x;
  auto op = x.writable();
  x.claim();
  CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].status == status::cancelled);
  CHECK(words[0].code == errc::cancelled);
  CHECK(words[0].reason == "enough");
}

TEST_CASE("a destination ends when the source asks for it") {
  stage x;
  auto op = x.writable();
  auto owner = x.lane->sinks.at(0).owner;
  x.claim();
  auto waiter = x.wait(op);
  SECTION("by cancel") {
    x.frame_to(owner, key_of_peer, cancel_request{errc::cancelled, "enough"});
    CHECK(x.status(op).status == status::cancelled);
    CHECK(reason_of(waiter.get().error()) == "at peer there: enough");
  }
  SECTION("by deadline") {
    x.frame_to(owner, key_of_peer, cancel_request{errc::deadline_exceeded, ""});
    CHECK(x.status(op).status == status::errored);
    CHECK(code_of(waiter.get().error()) == errc::deadline_exceeded);
  }
  CHECK(x.sent<transfer_ended>().size() == 1);
}

TEST_CASE("a claim that crosses a cancel is answered") {
  stage x;
  x.lane->auto_release = false;
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  auto owner = x.lane->sinks.at(0).owner;
  auto answer = x.cancel(op, "enough");
  x.claim(); // was under way when the sink was withdrawn
  CHECK(x.status(op).status != status::in_progress);
  x.lane->release();
  x.settle();
  CHECK(answer.get()->status == status::cancelled);
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].status == status::cancelled);
  CHECK(x.lane->frames.at(0).transfer_id == key_of_peer.transfer);
}

TEST_CASE("a readable operation that ends before the reader's request is seen "
          "tells the reader") {
  stage x;
  auto op = x.readable();
  x.claim();
  CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].status == status::cancelled);
}

// -- at the source -----------------------------------------------------------

TEST_CASE("a source that has offered nothing is cancelled at once") {
  stage x;
  x.lane->auto_connect = false;
  auto op = x.write();
  auto answer = x.cancel(op, "enough");
  CHECK(answer.get()->status == status::cancelled);
  CHECK(x.lane->frames.empty());
  x.lane->connected(scripted_link); // too late
  x.settle();
  CHECK(x.lane->sources.empty());
  CHECK(x.status(op).status == status::cancelled);
}

TEST_CASE("a read that is cancelled before there is a link asks for nothing") {
  stage x;
  x.lane->auto_connect = false;
  auto op = x.read();
  CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  x.lane->connected(scripted_link);
  x.settle();
  CHECK(x.lane->sinks.empty());
  CHECK(x.lane->frames.empty());
}

TEST_CASE("a cancel at a source asks the destination first") {
  offered_write t;
  auto answer = t.x.cancel(t.op, "enough");
  CHECK(t.x.sent<cancel_request>()
        == std::vector{cancel_request{errc::cancelled, "enough"}});
  CHECK(t.x.lane->frames.at(0).transfer_id == t.src.key.transfer);
  CHECK(t.x.status(t.op).status == status::in_progress);
  CHECK(t.x.lane->withdrawals.empty());
  CHECK_FALSE(answer.answered());
  SECTION("and believes that it is COMPLETE") {
    t.peer_says(ended(status::complete));
    CHECK(answer.get()->status == status::complete);
  }
  SECTION("and gives its own reason if the destination agrees") {
    t.peer_says(ended(status::cancelled, errc::cancelled, "at peer: enough"));
    auto report = answer.get();
    CHECK(report->status == status::cancelled);
    CHECK(reason_of(report->reason) == "enough");
  }
  SECTION("and gives its own reason if it came too late to claim anything") {
    t.peer_says(ended(status::errored, errc::operation_ended));
    auto report = answer.get();
    CHECK(report->status == status::cancelled);
    CHECK(reason_of(report->reason) == "enough");
  }
  SECTION("and believes that it has failed") {
    t.peer_says(ended(status::errored, errc::deadline_exceeded));
    auto report = answer.get();
    CHECK(report->status == status::errored);
    CHECK(code_of(report->reason) == errc::deadline_exceeded);
  }
}

TEST_CASE("a second cancel waits for the same answer and asks only once") {
  offered_write t;
  auto first = t.x.cancel(t.op, "enough");
  auto second = t.x.cancel(t.op, "really");
  CHECK(t.x.sent<cancel_request>().size() == 1);
  t.peer_says(ended(status::cancelled, errc::cancelled));
  CHECK(reason_of(first.get()->reason) == "enough");
  CHECK(reason_of(second.get()->reason) == "enough");
}

TEST_CASE("crossing cancels end both sides") {
  offered_write t;
  auto answer = t.x.cancel(t.op, "mine");
  t.peer_says(ended(status::cancelled, errc::cancelled, "theirs"));
  CHECK(answer.get()->status == status::cancelled);
  stage y;
  auto op = y.writable();
  auto owner = y.lane->sinks.at(0).owner;
  y.claim();
  auto other = y.cancel(op, "theirs");
  y.frame_to(owner, key_of_peer, cancel_request{errc::cancelled, "mine"});
  CHECK(other.get()->status == status::cancelled);
  CHECK(y.sent<transfer_ended>().size() == 1);
}

TEST_CASE("a readable operation in transfer asks the reader first") {
  stage x;
  auto op = x.readable();
  auto grant = x.lane->sinks.at(0);
  x.claim();
  x.frame_to(grant.owner, key_of_peer, reader_claim(grant.secret));
  auto answer = x.cancel(op, "enough");
  CHECK(x.sent<cancel_request>().size() == 1);
  CHECK_FALSE(answer.answered());
  x.frame_to(grant.owner, key_of_peer, ended(status::complete));
  CHECK(answer.get()->status == status::complete);
}

// -- after the end -----------------------------------------------------------

TEST_CASE("a cancel after the end has no effect and answers the true status") {
  stage x;
  auto op = x.writable();
  x.claim();
  auto owner = x.lane->sinks.at(0).owner;
  auto expected = status::complete;
  SECTION("COMPLETE") {
    x.tell(owner, transfer_landed{100, {}});
  }
  SECTION("ERRORED") {
    expected = status::errored;
    x.tell(owner, transfer_failed{make_error(errc::peer_lost, "gone")});
  }
  auto calls = x.lane->calls;
  auto before = x.status(op);
  auto answer = x.cancel(op, "late").get();
  REQUIRE(answer);
  CHECK(answer->status == expected);
  CHECK(*answer == before);
  CHECK(x.lane->calls == calls);
}
