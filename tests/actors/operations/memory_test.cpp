// SPDX-License-Identifier: BSD-3-Clause

// A final status means that the memory is the user's again.

#include "caf_rdma/tests/actors/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

/// An operation of each kind whose transfer is under way.
operation under_way(stage& x, int kind) {
  switch (kind) {
    case 0: {
      auto op = x.writable();
      x.claim();
      return op;
    }
    case 1: {
      auto op = x.readable();
      auto grant = x.lane->sinks.at(0);
      x.claim();
      x.frame_to(grant.owner, key_of_peer, reader_claim(grant.secret));
      return op;
    }
    case 2:
      return x.write();
    default:
      return x.read();
  }
}

transfer_owner owner_of(const stage& x) {
  return x.lane->sinks.empty() ? x.lane->sources.at(0).owner
                               : x.lane->sinks.at(0).owner;
}

} // namespace

TEST_CASE("nobody hears of an end before the transport has let go") {
  stage x;
  x.lane->auto_release = false;
  auto op = under_way(x, GENERATE(0, 1, 2, 3));
  auto waiter = x.wait(op);
  x.tell(owner_of(x), transfer_failed{make_error(errc::peer_lost, "gone")});
  auto canceller = x.cancel(op, "late");
  CHECK(x.lane->withdrawals.size() == 1);
  CHECK(x.status(op).status == status::in_progress);
  CHECK_FALSE(waiter.answered());
  CHECK_FALSE(canceller.answered());
  CHECK(x.sent<transfer_ended>().empty());
  x.lane->release();
  x.settle();
  CHECK(code_of(waiter.get().error()) == errc::peer_lost);
  CHECK(canceller.get()->status == status::errored);
  CHECK(x.status(op).status == status::errored);
}

TEST_CASE("COMPLETE, too, waits until the transport has let go") {
  stage x;
  x.lane->auto_release = false;
  auto op = x.write();
  auto waiter = x.wait(op);
  auto src = x.lane->sources.at(0);
  x.frame_to(src.owner, src.key, ended(status::complete));
  CHECK_FALSE(waiter.answered());
  CHECK(x.status(op).status == status::in_progress);
  x.lane->release();
  x.settle();
  CHECK(waiter.get()->status == status::complete);
}

TEST_CASE("the first end decides, whatever comes while the transport lets go") {
  stage x;
  x.lane->auto_release = false;
  auto op = x.writable();
  x.claim();
  auto owner = x.lane->sinks.at(0).owner;
  auto answer = x.cancel(op, "enough");
  x.tell(owner, transfer_failed{make_error(errc::peer_lost, "gone")});
  x.frame_to(owner, key_of_peer, cancel_request{errc::deadline_exceeded, ""});
  x.lane->release();
  x.settle();
  CHECK(answer.get()->status == status::cancelled);
  CHECK(x.lane->withdrawals.size() == 1);
}

TEST_CASE("what the transport had ended already counts more than a cancel") {
  stage x;
  x.lane->auto_release = false;
  SECTION("a destination whose last byte has landed") {
    auto op = x.writable();
    x.claim();
    auto answer = x.cancel(op, "enough");
    x.tell(x.lane->sinks.at(0).owner, transfer_landed{100, {}});
    CHECK_FALSE(answer.answered()); // the withdrawal is on its way
    x.lane->release();
    x.settle();
    CHECK(answer.get()->status == status::complete);
    CHECK(x.lane->frames.empty());
  }
  SECTION("a source whose destination has decided") {
    auto op = x.write();
    auto src = x.lane->sources.at(0);
    x.tell(src.owner, transfer_failed{make_error(errc::peer_lost, "gone")});
    auto waiter = x.wait(op);
    x.tell(src.owner,
           transfer_settled{{status::complete, errc::none, "", 100}});
    CHECK_FALSE(waiter.answered());
    x.lane->release();
    x.settle();
    CHECK(waiter.get()->status == status::complete);
  }
}

TEST_CASE("the owner of the memory lives until the operation is final") {
  stage x;
  x.lane->auto_release = false;
  auto op = under_way(x, GENERATE(0, 1, 2, 3));
  std::weak_ptr<int> owner = std::exchange(x.owner, nullptr);
  CHECK_FALSE(owner.expired());
  auto waiter = x.wait(op);
  x.tell(owner_of(x), transfer_failed{make_error(errc::peer_lost, "gone")});
  CHECK_FALSE(owner.expired());
  x.lane->release();
  x.settle();
  CHECK(waiter.answered());
  CHECK(owner.expired());
}

TEST_CASE("the owner of memory that was refused is not kept") {
  stage x;
  auto data = x.remote(operation_kind::writable);
  data.descriptors.pop_back();
  CHECK(x.refusal(begin_write_atom_v, x.local(), data) == errc::count_mismatch);
  CHECK(x.owner.use_count() == 1);
}

TEST_CASE("a loop that is stopped lets go of the memory of all operations") {
  std::weak_ptr<int> owner;
  {
    stage x;
    x.lane->auto_release = false;
    auto op = under_way(x, GENERATE(0, 1, 2, 3));
    auto answer = x.cancel(op, "enough");
    owner = std::exchange(x.owner, nullptr);
  }
  CHECK(owner.expired());
}
