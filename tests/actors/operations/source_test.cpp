// SPDX-License-Identifier: BSD-3-Clause

// The two operations that bytes come from: write (active), readable (passive).

#include "caf_rdma/tests/actors/stage.hpp"

using namespace rdma;
using namespace rdma_test;

TEST_CASE("a write offers its memory and completes on the peer's word") {
  stage x;
  auto op = x.write();
  CHECK(x.lane->calls == std::vector<std::string>{"connect", "source"});
  auto offered = x.lane->sources.at(0);
  CHECK(offered.secret == token{3, 4});
  CHECK(offered.key.link == scripted_link.id);
  CHECK(offered.key.transfer != 0);
  CHECK(offered.data.count() == 2);
  auto early = x.wait(op);
  auto at = x.status(op);
  CHECK(at.status == status::in_progress);
  CHECK(at.lane == "scripted");
  CHECK(at.peer == "there");
  x.tell(offered.owner, transfer_progress{60});
  CHECK_FALSE(early.answered());
  CHECK(x.lane->withdrawals.empty());
  x.frame_to(offered.owner, offered.key, ended(status::complete));
  auto late = x.wait(op);
  for (auto* waiter : {&early, &late}) {
    auto report = waiter->get();
    REQUIRE(report);
    CHECK(report->status == status::complete);
    CHECK(report->bytes == 100);
  }
  CHECK(x.lane->withdrawals.at(0).key == offered.key);
  CHECK(x.lane->frames.empty());
}

TEST_CASE("a settled source ends at once, with nothing to withdraw") {
  stage x;
  auto op = x.write();
  auto waiter = x.wait(op);
  auto src = x.lane->sources.at(0);
  SECTION("COMPLETE") {
    x.tell(src.owner,
           transfer_settled{{status::complete, errc::none, "", 100}});
    CHECK(waiter.get()->status == status::complete);
  }
  SECTION("COMPLETE with bytes missing") {
    x.tell(src.owner, transfer_settled{{status::complete, errc::none, "", 99}});
    CHECK(code_of(waiter.get().error()) == errc::protocol_violation);
  }
  SECTION("cancelled over there") {
    x.tell(src.owner,
           transfer_settled{{status::cancelled, errc::cancelled, "no", 7}});
    CHECK(code_of(waiter.get().error()) == errc::cancelled);
    CHECK(x.status(op).bytes == 7);
  }
  CHECK(x.lane->calls == std::vector<std::string>{"connect", "source"});
}

TEST_CASE(
  "a readable operation names its own grant, so that both end at once") {
  stage x;
  auto op = x.readable();
  auto grant = x.lane->sinks.at(0);
  x.claim();
  x.frame_to(grant.owner, key_of_peer, reader_claim(grant.secret));
  CHECK(x.lane->sources.at(0).claimed_secret == grant.secret);
}

TEST_CASE("a write is INITIALIZED until there is a link") {
  stage x;
  x.lane->auto_connect = false;
  auto op = x.write();
  CHECK(x.status(op).status == status::initialized);
  CHECK(x.lane->sources.empty());
  x.lane->connected(scripted_link);
  x.settle();
  CHECK(x.status(op).status == status::in_progress);
}

TEST_CASE("a readable operation offers its memory to the reader that asks") {
  stage x;
  auto op = x.readable();
  auto grant = x.lane->sinks.at(0);
  CHECK(grant.target.empty());
  CHECK(grant.total == 100);
  CHECK(grant.key == transfer_key{});
  auto data = x.request<metadata>(op.actor(), metadata_atom_v).get();
  REQUIRE(data);
  CHECK(data->kind == operation_kind::readable);
  CHECK(data->secret == grant.secret);
  CHECK(x.status(op).status == status::initialized);
  x.claim();
  CHECK(x.status(op).status == status::in_progress);
  x.frame_to(grant.owner, key_of_peer, reader_claim(grant.secret));
  auto offered = x.lane->sources.at(0);
  CHECK(offered.key == key_of_peer);
  CHECK(offered.secret == token{5, 6});
  auto waiter = x.wait(op);
  x.frame_to(grant.owner, key_of_peer, ended(status::complete));
  CHECK(waiter.get()->status == status::complete);
  CHECK(x.lane->withdrawals.at(0).secret == grant.secret);
  CHECK(x.lane->withdrawals.at(0).key == key_of_peer);
}

TEST_CASE("a reader that asks twice is offered the memory once") {
  stage x;
  auto op = x.readable();
  auto grant = x.lane->sinks.at(0);
  x.claim();
  claim ask{grant.secret, {5, 6}, 100};
  x.frame_to(grant.owner, key_of_peer, ask);
  x.frame_to(grant.owner, key_of_peer, ask);
  CHECK(x.lane->sources.size() == 1);
}

TEST_CASE("a source ends with the destination's reason") {
  stage x;
  auto op = x.write();
  auto waiter = x.wait(op);
  auto offered = x.lane->sources.at(0);
  SECTION("errored") {
    x.frame_to(offered.owner, offered.key,
               ended(status::errored, errc::unknown_operation));
    CHECK(code_of(waiter.get().error()) == errc::unknown_operation);
    CHECK(x.status(op).status == status::errored);
  }
  SECTION("cancelled over there") {
    x.frame_to(offered.owner, offered.key,
               ended(status::cancelled, errc::cancelled, "changed my mind"));
    auto answer = waiter.get();
    CHECK(code_of(answer.error()) == errc::cancelled);
    CHECK(reason_of(answer.error()) == "at peer there: changed my mind");
    CHECK(x.status(op).status == status::cancelled);
  }
}

TEST_CASE("a source does not believe a COMPLETE with bytes missing") {
  stage x;
  auto op = x.write();
  auto waiter = x.wait(op);
  auto offered = x.lane->sources.at(0);
  x.frame_to(offered.owner, offered.key,
             transfer_ended{status::complete, errc::none, "", 99});
  CHECK(code_of(waiter.get().error()) == errc::protocol_violation);
}

TEST_CASE("a source that failed reports what has landed, not what was sent") {
  stage x;
  auto op = x.write();
  auto offered = x.lane->sources.at(0);
  x.tell(offered.owner, transfer_progress{60});
  x.frame_to(offered.owner, offered.key,
             transfer_ended{status::errored, errc::deadline_exceeded, "", 40});
  CHECK(x.status(op).bytes == 40);
}

TEST_CASE("an active operation has no metadata") {
  stage x;
  auto write = x.write();
  auto read = x.read();
  for (auto* op : {&write, &read}) {
    auto data = x.request<metadata>(op->actor(), metadata_atom_v).get();
    REQUIRE_FALSE(data);
    CHECK(code_of(data.error()) == errc::kind_mismatch);
  }
}

TEST_CASE("events after the end of a source change nothing") {
  stage x;
  auto op = x.write();
  auto offered = x.lane->sources.at(0);
  x.frame_to(offered.owner, offered.key, ended(status::complete));
  auto before = x.status(op);
  x.tell(offered.owner, transfer_progress{3});
  x.tell(offered.owner, transfer_failed{make_error(errc::peer_lost, "gone")});
  x.frame_to(offered.owner, offered.key,
             ended(status::errored, errc::operation_ended));
  CHECK(x.status(op) == before);
  CHECK(x.lane->withdrawals.size() == 1);
}
