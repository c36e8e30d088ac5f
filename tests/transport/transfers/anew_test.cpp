// SPDX-License-Identifier: BSD-3-Clause

// What was offered in place, to a peer that may not read there any more, is
// offered anew in another way.

#include "caf_rdma/tests/transport/memory/staging_fixture.hpp"
#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"
#include "caf_rdma/tests/transport/transfers/outbound_fixture.hpp"

#include <algorithm>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr auto denied = UCS_ERR_UNSUPPORTED;

/// May be forbidden to read; ends fetches when the test says so.
class forbidden_lane : public lane {
public:
  bool crosses_network() const noexcept override {
    return false;
  }

  void fetch(held_bytes from, const block_list&, uint64_t,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override {
    fetches.push_back({from.length, &observer, tag});
  }

  void drop(held_bytes) override {
    ++dropped;
  }

  void stop(const token&) override {
    // nop
  }

  bool refused(ucs_status_t status) const override {
    return status == denied;
  }

  caf::error explain(ucs_status_t) const override {
    return make_error(errc::transport_failure, "forbidden");
  }

  void end_first(ucs_status_t status) {
    auto x = fetches.front();
    fetches.erase(fetches.begin());
    x.observer->request_done(x.tag, status == UCS_OK ? x.length : 0, status);
  }

  struct fetch_request {
    uint64_t length;
    ucx::request_observer* observer;
    ucx::request_tag tag;
  };

  std::vector<fetch_request> fetches;
  size_t dropped = 0;
};

struct sink_fixture : inbound_fixture {
  sink_fixture() {
    grant();
  }

  /// Offers a chunk in place. Returns false if it is not taken.
  bool hold(uint64_t offset) {
    auto x = header(offset, offset == 8 ? 2 : 4);
    x.cell = 8;
    x.seal = 9;
    auto result = grants.hold(from, via, frame{from.id(), 77, x},
                              {nullptr, x.length});
    grants.fetch();
    return result;
  }

  void take_anew(uint64_t offset, std::byte fill) {
    auto x = header(offset, offset == 8 ? 2 : 4);
    x.anew = true;
    take(x, fill);
  }

  forbidden_lane via;
};

} // namespace

// -- the destination ---------------------------------------------------------

TEST_CASE(
  "what may not be read is asked for again, and the transfer ends well") {
  sink_fixture x;
  REQUIRE(x.hold(0));
  REQUIRE(x.hold(4));
  x.via.end_first(UCS_OK);
  x.via.end_first(denied);
  auto told = x.grants.take_refused();
  REQUIRE(told.size() == 1);
  CHECK(told[0].first == x.from.id());
  CHECK(reason_of(told[0].second) == "forbidden");
  CHECK(x.grants.take_broken().empty());
  CHECK(x.grants.take_verdicts()
        == std::vector{frame{x.from.id(), 77, local_verdict{false, {}}}});
  // This has crossed the verdict.
  CHECK_FALSE(x.hold(8));
  x.take(x.header(8, 2), std::byte{1});
  CHECK(x.untouched());
  for (uint64_t offset : {0, 4, 8})
    x.take_anew(offset, std::byte{7});
  x.settle();
  CHECK(x.target == std::vector<std::byte>(10, std::byte{7}));
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(std::ranges::is_sorted(x.log->progress));
  CHECK(x.log->failed.empty());
}

TEST_CASE("the source is asked when the last fetch has ended, and once") {
  sink_fixture x;
  REQUIRE(x.hold(0));
  REQUIRE(x.hold(4));
  x.via.end_first(denied);
  CHECK(x.grants.take_verdicts().empty());
  x.via.end_first(denied);
  CHECK(x.grants.take_verdicts().size() == 1);
  CHECK(x.grants.take_refused().size() == 1);
}

TEST_CASE("an operation that has ended is not asked for again") {
  sink_fixture x;
  REQUIRE(x.hold(0));
  REQUIRE(x.hold(4));
  x.via.end_first(denied);
  auto released = false;
  x.grants.withdraw({x.secret, {x.from.id(), 77}, {}},
                    [&released] { released = true; });
  CHECK_FALSE(released);
  x.via.end_first(denied);
  CHECK(released);
  CHECK(x.grants.take_verdicts().empty());
}

// -- the source --------------------------------------------------------------

TEST_CASE("a source begins again, with smaller chunks, and without its memory "
          "in anybody's hands") {
  outbound_fixture x;
  x.via.fetches_in_place = true;
  x.via.copies = true;
  x.start(100 * kib);
  REQUIRE(x.via.posted.size() == 1); // larger in place
  REQUIRE(x.via.posted[0].in_place());
  x.via.fetches_in_place = false;
  SECTION("once what was offered has left") {
    x.out->offer_anew(x.key);
    x.out->pump();
    CHECK(x.via.posted.size() == 1);
  }
  SECTION("also if it has left before") {
    x.via.let_go(UCS_OK);
    x.out->offer_anew(x.key);
  }
  x.drain();
  x.out->offer_anew(x.key); // said twice
  x.drain();
  auto again = std::vector(x.via.posted.begin() + 1, x.via.posted.end());
  check_cover(again, 100 * kib);
  for (auto& y : again) {
    CHECK(y.anew);
    CHECK_FALSE(y.in_place());
    CHECK(y.chunk_size == 4 * kib);
  }
  CHECK(std::ranges::is_sorted(x.log->progress));
  CHECK(x.log->failed.empty());
}

TEST_CASE("a source that has ended, or is unknown, does not begin again") {
  outbound_fixture x;
  x.via.fetches_in_place = true;
  x.via.copies = true;
  x.start(100 * kib);
  SECTION("unknown") {
    x.out->offer_anew({11, 78});
  }
  SECTION("stopped") {
    x.out->stop(x.key);
    x.out->offer_anew(x.key);
  }
  SECTION("withdrawn") {
    x.out->withdraw(x.key, [] {});
    x.out->offer_anew(x.key);
  }
  x.drain();
  CHECK(x.via.posted.size() == 1);
}

TEST_CASE("chunks of a GPU that lie in the hands of a peer are offered anew") {
  struct fixture : outbound_fixture, staging_fixture {
    fixture() : staging_fixture(copy_direction::to_host) {
      via.fetches_in_place = true;
      via.copies = true;
      via.reads = true;
    }

    void pump() {
      do
        out->pump();
      while (gpus->under_way() > 0);
      settle();
    }
  };
  fixture x;
  auto memory = x.counting(20 * kib);
  x.out = std::make_unique<outbound>(x.options, &x.room);
  x.out->start(
    source{x.key, {3, 4}, staging_fixture::describe(memory), x.owner, {}},
    x.via, false);
  x.pump();
  auto before = x.via.posted.size();
  REQUIRE(before == 3); // the window
  REQUIRE(x.via.posted[0].passing);
  x.out->fetched(x.key, 0);
  x.via.fetches_in_place = false;
  x.via.at_once = true;
  x.via.in_flight.clear(); // nobody waits for these
  x.out->offer_anew(x.key);
  for (auto i = 0; i < 20; ++i)
    x.pump();
  auto again = std::vector(x.via.posted.begin() + before, x.via.posted.end());
  check_cover(again, 20 * kib);
  for (size_t i = 0; i < again.size(); ++i) {
    CHECK(again[i].anew);
    CHECK(staging_fixture::equal(x.via.bytes[before + i],
                                 memory->view().subspan(again[i].offset,
                                                        again[i].length)));
  }
  CHECK(x.log->failed.empty());
}
