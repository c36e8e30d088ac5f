// SPDX-License-Identifier: BSD-3-Clause

// The two operations that bytes arrive at: writable (passive), read (active).

#include "caf_rdma/tests/actors/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

TEST_CASE("a writable operation completes when the last byte has landed") {
  stage x;
  auto op = x.writable();
  REQUIRE(x.lane->calls == std::vector<std::string>{"sink"});
  auto grant = x.lane->sinks.at(0);
  CHECK(grant.total == 100);
  CHECK(grant.key == transfer_key{});
  CHECK(grant.target.count() == 2);
  CHECK(x.status(op).status == status::initialized);
  CHECK(x.status(op).peer.empty());
  auto early = x.wait(op);
  x.claim();
  auto at = x.status(op);
  CHECK(at.status == status::in_progress);
  CHECK(at.lane == "scripted");
  CHECK(at.peer == "there");
  CHECK(at.bytes == 0);
  CHECK(at.total == 100);
  x.tell(grant.owner, transfer_progress{60});
  CHECK(x.status(op).bytes == 60);
  CHECK_FALSE(early.answered());
  x.tell(grant.owner, transfer_landed{100, {}});
  auto late = x.wait(op);
  for (auto* waiter : {&early, &late}) {
    auto report = waiter->get();
    REQUIRE(report);
    CHECK(report->status == status::complete);
    CHECK(report->bytes == 100);
    CHECK(report->reason == caf::none);
    CHECK(*report == x.status(op));
  }
}

TEST_CASE("a complete destination leaves the rest to the transport") {
  stage x;
  auto op = x.writable();
  SECTION("that had told of the claim") {
    x.claim();
    x.tell(x.lane->sinks.at(0).owner, transfer_landed{100, {}});
  }
  SECTION("that tells of claim and end at once") {
    x.tell(x.lane->sinks.at(0).owner,
           transfer_landed{100,
                           transfer_claimed{key_of_peer, "scripted", "there"}});
  }
  auto at = x.status(op);
  CHECK(at.status == status::complete);
  CHECK(at.lane == "scripted");
  CHECK(at.peer == "there");
  CHECK(x.lane->calls == std::vector<std::string>{"sink"});
}

TEST_CASE("a destination that is not complete tells the source so") {
  stage x;
  auto op = x.writable();
  x.claim();
  CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  REQUIRE(x.lane->frames.size() == 1);
  auto& last = x.lane->frames[0];
  CHECK(last.link_id == key_of_peer.link);
  CHECK(last.transfer_id == key_of_peer.transfer);
  auto words = x.sent<transfer_ended>().at(0);
  CHECK(words.status == status::cancelled);
  CHECK(words.code == errc::cancelled);
  // Late frames get the same answer.
  CHECK(x.lane->withdrawals.at(0).epitaph == words);
  CHECK(x.lane->withdrawals.at(0).key == key_of_peer);
}

TEST_CASE("the metadata of a writable operation names its sink") {
  stage x;
  auto op = x.writable();
  auto data = x.request<metadata>(op.actor(), metadata_atom_v).get();
  REQUIRE(data);
  CHECK(data->kind == operation_kind::writable);
  CHECK(data->worker.id == "here");
  CHECK(data->secret == x.lane->sinks.at(0).secret);
  CHECK(data->descriptors
        == std::vector<remote_descriptor>{{60, cpu}, {40, cpu}});
}

TEST_CASE("metadata is given away only once the transport knows the grant") {
  stage x;
  x.lane->auto_sink = false;
  auto op = GENERATE(true, false) ? x.writable() : x.readable();
  auto early = x.request<metadata>(op.actor(), metadata_atom_v);
  x.settle();
  CHECK_FALSE(early.answered());
  x.lane->know_sinks();
  x.settle();
  REQUIRE(early.answered());
  CHECK(early.get()->secret == x.lane->sinks.at(0).secret);
  auto late = x.request<metadata>(op.actor(), metadata_atom_v);
  CHECK(late.get()->secret == x.lane->sinks.at(0).secret);
}

TEST_CASE("a writable operation without a peer sends no frame when it ends") {
  stage x;
  auto op = x.writable();
  CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  CHECK(x.lane->frames.empty());
}

TEST_CASE(
  "a read has its sink installed before it asks, and completes when the "
  "last byte has landed") {
  stage x;
  auto op = x.read();
  CHECK(x.lane->calls == std::vector<std::string>{"connect", "sink"});
  auto grant = x.lane->sinks.at(0);
  CHECK(grant.key.link == scripted_link.id);
  CHECK(grant.key.transfer != 0);
  REQUIRE(grant.request);
  CHECK(grant.request->secret == token{3, 4});
  CHECK(grant.request->reply_secret == grant.secret);
  CHECK(grant.request->total == 100);
  CHECK(grant.request->blocks.empty());
  CHECK_FALSE(grant.request->notification);
  auto at = x.status(op);
  CHECK(at.status == status::in_progress);
  CHECK(at.lane == "scripted");
  CHECK(at.peer == "there");
  auto waiter = x.wait(op);
  x.tell(grant.owner, transfer_progress{50});
  CHECK(x.status(op).bytes == 50);
  x.tell(grant.owner, transfer_landed{100, {}});
  CHECK(waiter.get()->status == status::complete);
  CHECK(x.lane->withdrawals.empty());
}

TEST_CASE("a read is INITIALIZED and knows its peer until there is a link") {
  stage x;
  x.lane->auto_connect = false;
  auto op = x.read();
  CHECK(x.status(op).status == status::initialized);
  CHECK(x.status(op).peer == "there");
  CHECK(x.lane->sinks.empty());
  x.lane->connected(scripted_link);
  x.settle();
  CHECK(x.status(op).status == status::in_progress);
}

TEST_CASE("a refused read ends with the peer's reason") {
  stage x;
  auto op = x.read();
  auto waiter = x.wait(op);
  auto& grant = x.lane->sinks.at(0);
  x.frame_to(grant.owner, grant.key,
             ended(status::errored, errc::already_claimed));
  auto answer = waiter.get();
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == errc::already_claimed);
  CHECK(x.status(op).status == status::errored);
  CHECK(x.status(op).reason == answer.error());
}

TEST_CASE("a destination does not take the peer's word for COMPLETE") {
  stage x;
  auto op = x.read();
  auto grant = x.lane->sinks.at(0);
  x.frame_to(grant.owner, grant.key, ended(status::complete));
  CHECK(x.status(op).status == status::in_progress);
  CHECK(x.lane->withdrawals.empty());
}

TEST_CASE("events after the end of a destination change nothing") {
  stage x;
  auto op = x.writable();
  auto owner = x.lane->sinks.at(0).owner;
  x.claim();
  x.tell(owner, transfer_landed{100, {}});
  auto before = x.status(op);
  x.tell(owner, transfer_progress{3});
  x.tell(owner, transfer_failed{make_error(errc::peer_lost, "gone")});
  x.tell(owner, transfer_landed{100, {}});
  x.frame_to(owner, key_of_peer, cancel_request{errc::cancelled, "late"});
  CHECK(x.status(op) == before);
  CHECK(x.lane->calls == std::vector<std::string>{"sink"});
}
