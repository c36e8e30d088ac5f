// SPDX-License-Identifier: BSD-3-Clause

// A passive operation that serves several claims, and what becomes of each.

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/tests/actors/stage.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/generators/catch_generators.hpp>

#include <chrono>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr transfer_key first{11, 1};
constexpr transfer_key second{11, 2};

struct standing_stage : stage {
  explicit standing_stage(bool writes) : log(sys) {
    operation_options opts;
    opts.grant.claims = any_number_of_claims;
    opts.listener = caf::actor_cast<caf::actor>(log);
    op = writes ? writable(opts) : readable(opts);
    owner = lane->grants.at(0).owner;
    for (auto& key : {first, second})
      tell(owner, transfer_claimed{key, "scripted", "there"});
  }

  std::vector<claim_report> reports() {
    std::vector<claim_report> result;
    while (log->has_next_message())
      log->receive([&](claim_report& x) { result.push_back(std::move(x)); });
    return result;
  }

  transfer_ended done() const {
    return {status::complete, errc::none, "", 100};
  }

  caf::scoped_actor log;
  operation op;
  transfer_owner owner;
};

} // namespace

TEST_CASE("a claim whose peer is lost ends, and the grant stays") {
  auto writes = GENERATE(true, false);
  standing_stage x{writes};
  x.tell(x.owner,
         transfer_failed{make_error(errc::peer_lost, "gone"), false, first});
  REQUIRE(x.lane->withdrawals.size() == 1);
  CHECK(x.lane->withdrawals[0].key == first);
  CHECK(x.lane->withdrawals[0].secret == claim_secret(first));
  auto reports = x.reports();
  REQUIRE(reports.size() == 1);
  CHECK(code_of(reports[0].reason) == errc::peer_lost);
  CHECK(reports[0].peer == "there");
  CHECK(x.status(x.op).status == status::in_progress);
}

TEST_CASE("a reader that may have every byte is not said to have failed") {
  standing_stage x{false};
  x.tell(x.owner,
         transfer_failed{make_error(errc::peer_lost, "gone"), true, first});
  auto reports = x.reports();
  REQUIRE(reports.size() == 1);
  CHECK(code_of(reports[0].reason) == errc::outcome_unknown);
}

TEST_CASE("a claim that lands while it is withdrawn is COMPLETE") {
  standing_stage x{true};
  x.lane->auto_release = false;
  x.frame_to(x.owner, first, cancel_request{errc::cancelled, "enough"});
  x.tell(x.owner, transfer_landed{100, {}, first});
  CHECK(x.reports().empty());
  x.lane->release();
  x.settle();
  auto reports = x.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].status == status::complete);
  CHECK(x.sent<transfer_ended>().empty()); // the transport has told the peer
}

TEST_CASE("a revoked grant waits for the writes under way to let go") {
  standing_stage x{true};
  x.lane->auto_release = false;
  auto end = x.cancel(x.op, "enough");
  CHECK(x.lane->withdrawals.size() == 1); // of the grant itself
  x.lane->release();
  x.settle();
  CHECK(x.lane->withdrawals.size() == 3);
  CHECK_FALSE(end.answered());
  x.lane->release();
  x.settle();
  CHECK(end.get()->status == status::cancelled);
  auto told = x.sent<transfer_ended>();
  REQUIRE(told.size() == 2);
  for (auto& y : told)
    CHECK(y.code == errc::grant_revoked);
  CHECK(x.reports().size() == 2);
}

TEST_CASE("a revoked grant waits for what its readers say") {
  standing_stage x{false};
  auto end = x.cancel(x.op, "enough");
  auto asked = x.sent<cancel_request>();
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].code == errc::grant_revoked);
  CHECK_FALSE(end.answered());
  x.tell(x.owner, transfer_settled{x.done(), first});
  CHECK_FALSE(end.answered());
  SECTION("and they answer") {
    x.frame_to(x.owner, second,
               transfer_ended{status::errored, errc::grant_revoked, "", 7});
    CHECK(end.get()->status == status::cancelled);
    CHECK(x.lane->resets.empty());
  }
  SECTION("or their link is reset") {
    x.advance(std::chrono::seconds{2});
    REQUIRE(x.lane->resets.size() == 1);
    CHECK(x.lane->resets[0].first == second.link);
    x.tell(x.owner, transfer_failed{x.lane->resets[0].second, true, second});
    CHECK(end.get()->status == status::cancelled);
  }
  auto reports = x.reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].status == status::complete);
  CHECK(reports[1].status == status::errored);
}

TEST_CASE("frames about no claim of the grant keep nobody from ending it") {
  auto writes = GENERATE(true, false);
  standing_stage x{writes};
  transfer_key unknown{11, 3};
  x.frame_to(x.owner, unknown, heartbeat{});
  x.frame_to(x.owner, unknown, cancel_request{errc::cancelled, "enough"});
  x.frame_to(x.owner, unknown, x.done());
  x.tell(x.owner,
         transfer_failed{make_error(errc::peer_lost, "gone"), false, unknown});
  CHECK(x.lane->withdrawals.empty());
  auto end = x.cancel(x.op, "enough");
  for (auto& key : {first, second})
    x.tell(x.owner, transfer_settled{x.done(), key});
  CHECK(end.get()->status == status::cancelled);
  CHECK(x.reports().size() == 2);
}

TEST_CASE("a writer that says COMPLETE itself is not believed") {
  standing_stage x{true};
  x.frame_to(x.owner, first, x.done());
  auto reports = x.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].status == status::errored);
  CHECK(code_of(reports[0].reason) == errc::protocol_violation);
  CHECK(reports[0].peer == "there");
  CHECK(reports[0].bytes == 0);
}

TEST_CASE("a reader's word counts no more than what it was to read") {
  standing_stage x{false};
  auto verdict = GENERATE(
    transfer_ended{status::complete, errc::none, "", uint64_t{1} << 63},
    transfer_ended{status::errored, errc::device_error, "", uint64_t{1} << 63});
  x.tell(x.owner, transfer_settled{verdict, first});
  x.frame_to(x.owner, second, verdict);
  auto reports = x.reports();
  REQUIRE(reports.size() == 2);
  for (auto& y : reports) {
    CHECK(y.status == status::errored);
    CHECK(y.bytes <= 100);
  }
}

TEST_CASE("a grant ends although a reset has brought no news of its readers") {
  standing_stage x{false};
  auto end = x.cancel(x.op, "enough");
  x.advance(std::chrono::seconds{2});
  CHECK(x.lane->resets.size() == 1);
  CHECK_FALSE(end.answered());
  x.advance(std::chrono::seconds{2});
  REQUIRE(end.answered());
  CHECK(end.get()->status == status::cancelled);
  auto reports = x.reports();
  REQUIRE(reports.size() == 2);
  for (auto& y : reports)
    CHECK(code_of(y.reason) == errc::outcome_unknown);
}
