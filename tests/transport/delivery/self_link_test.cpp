// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"
#include "caf_rdma/transport/delivery/self_link.hpp"

#include <numeric>

using namespace rdma;
using namespace rdma::test;

namespace {

/// Two joined halves; chunks go from `active` into the target.
struct self_fixture : owner_fixture {
  self_fixture() {
    self_link::join(active, passive);
  }

  void grant() {
    transfers.install(sink{secret, describe(target), target.size(), {}, owner});
  }

  void offer_source() {
    transfers.start(
      source{{active.id(), 77}, secret, describe(bytes), source_owner, {}});
  }

  /// One round of a transport.
  size_t round() {
    auto events = active.progress() + passive.progress();
    CHECK(transfers.settle().empty());
    settle();
    return events;
  }

  transport_options options = [] {
    transport_options result;
    result.chunk_size = 4;
    return result;
  }();
  std::vector<std::byte> bytes = std::vector<std::byte>(10, std::byte{7});
  std::vector<std::byte> target = std::vector<std::byte>(10);
  token secret{1, 2};
  std::shared_ptr<heard> source_log = std::make_shared<heard>();
  transfer_owner source_owner = spawn_owner(source_log);
  transfer_table transfers{options,
                           [this](link_id id) -> rdma::link* {
                             return id == 21 ? &active : &passive;
                           },
                           [](link_id) {}};
  self_link active{21, "here", transfers};
  self_link passive{22, "here", transfers};
};

} // namespace

TEST_CASE("a frame sent on one half reaches the owner on the other") {
  self_fixture x;
  transfer_key key{22, 5};
  x.transfers.install(sink{x.secret, describe(x.target), 10, key, x.owner});
  x.active.send(frame{21, 5, cancel_request{}});
  CHECK(x.log->frames.empty());
  CHECK_FALSE(x.passive.idle());
  CHECK(x.round() == 1);
  CHECK(x.log->frames == std::vector{frame{22, 5, cancel_request{}}});
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
  CHECK(x.source_log->settled.empty());
  CHECK(x.round() == 1); // the verdict
  REQUIRE(x.source_log->settled.size() == 1);
  CHECK(x.source_log->settled[0].status == status::complete);
  CHECK(x.round() == 0);
}

TEST_CASE("a chunk waits for what was sent before it, however much that is") {
  self_fixture x;
  x.grant();
  for (uint64_t i = 0; i < 1000; ++i)
    x.active.send(frame{21, 100 + i, chunk_fetched{0}});
  x.offer_source();
  CHECK(x.active.progress() < 1000);
  CHECK(std::count(x.target.begin(), x.target.end(), std::byte{7}) == 0);
  size_t rounds = 0;
  while (x.target != x.bytes && ++rounds < 100)
    x.round();
  CHECK(x.target == x.bytes);
}

TEST_CASE("a cancel that has the only chunk copied leaves none to copy") {
  self_fixture x;
  x.bytes.resize(4);
  x.target.resize(4);
  x.grant();
  x.offer_source();
  x.active.send(frame{21, 77, cancel_request{}});
  CHECK(x.active.progress() > 0);
  x.settle();
  CHECK(x.target == x.bytes);
}

TEST_CASE("a self link makes the same checks as any other") {
  self_fixture x;
  x.offer_source(); // nothing was granted
  x.round();
  x.round();
  REQUIRE_FALSE(x.source_log->frames.empty());
  CHECK(std::get<transfer_ended>(x.source_log->frames[0].content).code
        == errc::unknown_operation);
  CHECK(x.target == std::vector<std::byte>(10));
}

TEST_CASE("a withdrawn source waits for its chunks in the self link") {
  self_fixture x;
  x.grant();
  x.offer_source();
  auto released = false;
  x.transfers.withdraw({{}, {21, 77}, {}}, [&] { released = true; });
  for (auto i = 0; i < 3; ++i) {
    CHECK_FALSE(released);
    x.round();
  }
  CHECK(released);
}

TEST_CASE("a cancel does not overtake the claim that it follows") {
  self_fixture x;
  std::vector<std::byte> others(40);
  token other_secret{3, 4};
  x.transfers.install(
    sink{other_secret, describe(others), others.size(), {}, x.source_owner});
  x.transfers.start(
    source{{21, 76}, other_secret, describe(others), x.source_owner, {}});
  x.grant();
  x.offer_source();
  x.active.send(frame{21, 77, cancel_request{}});
  x.round();
  REQUIRE(x.log->claimed.size() == 1);
  CHECK(x.log->frames == std::vector{frame{22, 77, cancel_request{}}});
}

TEST_CASE("memory that overlaps is refused before a byte is copied") {
  self_fixture x;
  std::iota(reinterpret_cast<uint8_t*>(x.target.data()),
            reinterpret_cast<uint8_t*>(x.target.data() + 10), uint8_t{0});
  auto before = x.target;
  auto* data = x.target.data();
  SECTION("of a grant that nobody has claimed: it stays good") {
    x.transfers.install(sink{x.secret,
                             descriptor_list{{static_cast<void*>(data), 9}},
                             9,
                             {},
                             x.owner});
  }
  SECTION("of our own destination") {
    x.transfers.install(sink{x.secret,
                             descriptor_list{{static_cast<void*>(data), 9}},
                             9,
                             {22, 77},
                             x.owner});
  }
  x.transfers.start(
    source{{x.active.id(), 77},
           x.secret,
           descriptor_list{{static_cast<const void*>(data + 1), 9}},
           x.source_owner,
           {}});
  for (auto i = 0; i < 20; ++i)
    x.round();
  CHECK(x.target == before);
  CHECK(x.log->landed.empty());
  if (x.log->failed.empty()) {
    CHECK(x.log->claimed.empty());
    REQUIRE(x.source_log->settled.size() == 1);
    CHECK(x.source_log->settled[0].code == errc::bad_selection);
    CHECK(x.source_log->settled[0].reason.find("overlap") != std::string::npos);
    descriptor_list good{{x.bytes.data(), 9}};
    x.transfers.start(
      source{{x.active.id(), 78}, x.secret, good, x.source_owner, {}});
    for (auto i = 0; i < 20; ++i)
      x.round();
    CHECK(x.log->landed == std::vector<uint64_t>{9});
  } else {
    CHECK(code_of(x.log->failed[0]) == errc::bad_selection);
  }
}
