// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/inbound_fixture.hpp"
#include "caf_rdma/transport/outbound.hpp"
#include "caf_rdma/transport/self_link.hpp"

using namespace rdma;
using namespace rdma::test;

namespace {

/// Two joined halves; chunks go from `active` into the target.
struct self_fixture : inbound_fixture {
  self_fixture() {
    self_link::join(active, passive);
    options.chunk_size = 4;
    out = std::make_unique<outbound>(options);
  }

  void offer_source(uint64_t transfer = 77) {
    out->start(source{{active.id(), transfer}, secret, describe(bytes), owner},
               active);
  }

  /// One round of a transport.
  size_t round() {
    auto events = active.progress() + passive.progress();
    out->pump();
    settle();
    return events;
  }

  std::vector<std::pair<link_id, frame>> received;
  self_link::receiver receive = [this](self_link& at, const frame& x) {
    received.emplace_back(at.id(), x);
  };
  self_link active{21, "here", grants, receive};
  self_link passive{22, "here", grants, receive};
  std::vector<std::byte> bytes = std::vector<std::byte>(10, std::byte{7});
  std::unique_ptr<outbound> out;
};

} // namespace

TEST_CASE("a frame sent on one half arrives on the other with its link id") {
  self_fixture x;
  x.active.send(frame{21, 5, cancel_request{}});
  x.passive.send(frame{22, 6, heartbeat{}});
  CHECK(x.received.empty());
  CHECK_FALSE(x.active.idle());
  CHECK_FALSE(x.passive.idle());
  CHECK(x.round() == 2);
  REQUIRE(x.received.size() == 2);
  CHECK(x.received[0].first == 21);
  CHECK(x.received[0].second == frame{21, 6, heartbeat{}});
  CHECK(x.received[1].first == 22);
  CHECK(x.received[1].second == frame{22, 5, cancel_request{}});
  CHECK(x.round() == 0);
  CHECK(x.active.idle());
  CHECK(x.passive.idle());
}

TEST_CASE("a self link copies one chunk a round") {
  self_fixture x;
  x.grant();
  x.offer_source();
  for (auto landed : {4, 8, 10}) {
    CHECK(std::count(x.target.begin(), x.target.end(), std::byte{7})
          == (landed == 4   ? 0
              : landed == 8 ? 4
                            : 8));
    CHECK(x.round() == 1);
  }
  CHECK(x.target == x.bytes);
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.log->claimed[0].key == transfer_key{22, 77});
  CHECK(x.log->claimed[0].lane == "self");
  CHECK(x.log->claimed[0].peer == "here");
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(x.round() == 0);
}

TEST_CASE("a self link makes the same checks as any other") {
  self_fixture x;
  x.offer_source(); // nothing was granted
  x.round();
  auto refusals = x.grants.take_refusals();
  REQUIRE(refusals.size() == 1);
  CHECK(refusals[0].link_id == 22); // is to be sent on the other half
  CHECK(std::get<transfer_ended>(refusals[0].content).code
        == errc::unknown_operation);
  CHECK(x.untouched());
}

TEST_CASE("a withdrawn source waits for its chunks in the self link") {
  self_fixture x;
  x.grant();
  x.offer_source();
  auto released = false;
  x.out->withdraw({21, 77}, [&] { released = true; });
  for (auto i = 0; i < 3; ++i) {
    CHECK_FALSE(released);
    x.round();
  }
  CHECK(released);
}
