// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/stage.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

const auto lost = make_error(errc::peer_lost, "UCX: Endpoint timeout");

} // namespace

TEST_CASE("an active operation that cannot connect ends with the reason") {
  stage x;
  x.lane->auto_connect = false;
  auto op = GENERATE(true, false) ? x.write() : x.read();
  auto waiter = x.wait(op);
  auto code = GENERATE(errc::peer_unreachable, errc::stale_metadata,
                       errc::limit_reached);
  x.lane->connected(make_error(code, "no way"));
  x.settle();
  CHECK(code_of(waiter.get().error()) == code);
  CHECK(x.status(op).status == status::errored);
  CHECK(x.lane->sinks.empty());
  CHECK(x.lane->sources.empty());
  CHECK(x.lane->frames.empty());
}

TEST_CASE("a destination whose link dies ends with the transport's reason") {
  stage x;
  auto op = x.writable();
  x.claim();
  auto waiter = x.wait(op);
  x.tell(x.lane->sinks.at(0).owner, transfer_failed{lost});
  CHECK(waiter.get().error() == lost);
  CHECK(x.status(op).status == status::errored);
}

TEST_CASE(
  "a claimed readable operation whose link dies before the request ends "
  "with the transport's reason") {
  stage x;
  auto op = x.readable();
  x.claim();
  auto waiter = x.wait(op);
  x.tell(x.lane->sinks.at(0).owner, transfer_failed{lost});
  CHECK(waiter.get().error() == lost);
}

TEST_CASE("a source whose link dies ends ERRORED and names the cause") {
  stage x;
  auto op = x.write();
  auto waiter = x.wait(op);
  x.tell(x.lane->sources.at(0).owner, transfer_failed{lost});
  auto answer = waiter.get();
  REQUIRE_FALSE(answer);
  CHECK(reason_of(answer.error()).find("Endpoint timeout")
        != std::string::npos);
  CHECK(x.status(op).status == status::errored);
}

TEST_CASE("a source that has offered everything and loses the link does not "
          "know the outcome") {
  stage x;
  auto op = x.write();
  auto waiter = x.wait(op);
  SECTION("in mid-transfer") {
  }
  SECTION("also if it has asked for the end") {
    static_cast<void>(x.cancel(op, "enough"));
  }
  x.tell(x.lane->sources.at(0).owner, transfer_failed{lost, true});
  auto answer = waiter.get();
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == errc::outcome_unknown);
  CHECK(reason_of(answer.error()).find("Endpoint timeout")
        != std::string::npos);
  CHECK(x.status(op).status == status::errored);
}

TEST_CASE("a source that has asked for its end and loses the link with bytes "
          "to offer knows that the peer has not completed") {
  stage x;
  auto op = x.write();
  auto answer = x.cancel(op, "enough");
  x.tell(x.lane->sources.at(0).owner, transfer_failed{lost});
  CHECK(answer.get()->reason == lost);
}

TEST_CASE("a wait on a failed operation never answers with success") {
  stage x;
  auto op = x.read();
  auto early = x.wait(op);
  x.tell(x.lane->sinks.at(0).owner, transfer_failed{lost});
  auto late = x.wait(op);
  CHECK(early.get().error() == lost);
  CHECK(late.get().error() == lost);
  CHECK(x.status(op).reason == lost);
}
