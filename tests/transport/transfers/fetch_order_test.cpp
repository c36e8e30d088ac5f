// SPDX-License-Identifier: BSD-3-Clause

// In which order chunks are fetched that wait at their sources, and how many at
// a time.

#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"

#include <algorithm>
#include <deque>
#include <vector>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr uint32_t chunk_size = 1024;

/// Fetches when the test says so.
class waiting_lane : public lane {
public:
  bool crosses_network() const noexcept override {
    return true;
  }

  void fetch(held_bytes, const block_list&, uint64_t,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override {
    under_way.push_back(tag);
    begun.push_back(tag[0]);
    observer_ = &observer;
  }

  void drop(held_bytes) override {
    ++dropped;
  }

  void stop(const token&) override {
    // nop
  }

  caf::error explain(ucs_status_t) const override {
    return {};
  }

  /// Ends the oldest fetch.
  void end() {
    auto tag = under_way.front();
    under_way.erase(under_way.begin());
    observer_->request_done(tag, chunk_size, UCS_OK);
  }

  std::vector<ucx::request_tag> under_way;
  std::vector<uint64_t> begun; // the secrets' first halves, in order
  int dropped = 0;

private:
  ucx::request_observer* observer_ = nullptr;
};

struct fetch_fixture : owner_fixture {
  explicit fetch_fixture(transport_options opts) : options(opts) {
    // nop
  }

  /// Grants memory of `n` chunks to a transfer, and holds an offer for each.
  void offer_all(fake_link& from, uint64_t name, size_t n,
                 priority prio = priority::normal) {
    auto& target = targets.emplace_back(n * chunk_size);
    token secret{name, 1};
    grants.install(
      sink{secret, describe(target), target.size(), {from.id(), name}, owner});
    for (size_t i = 0; i < n; ++i) {
      offer header{secret,
                   i * chunk_size,
                   chunk_size,
                   chunk_size,
                   target.size(),
                   0,
                   0,
                   0,
                   {},
                   prio};
      REQUIRE(grants.hold(from, via, frame{from.id(), name, header},
                          {nullptr, chunk_size}));
    }
  }

  /// Ends fetches one by one. Returns the order in which they have begun.
  std::vector<uint64_t> run() {
    grants.fetch();
    while (!via.under_way.empty()) {
      via.end();
      grants.fetch();
      settle();
    }
    return via.begun;
  }

  transport_options options;
  owner_table routes;
  fake_link a{11};
  fake_link b{12};
  std::deque<std::vector<std::byte>> targets;
  waiting_lane via;
  inbound grants{options, routes, [](link_id) {}};
};

using order = std::vector<uint64_t>;

/// One chunk at a time from each peer.
transport_options narrow() {
  transport_options result;
  result.max_inbound_bytes = chunk_size;
  return result;
}

} // namespace

TEST_CASE("transfers of a peer are fetched in turns") {
  fetch_fixture x{narrow()};
  x.offer_all(x.a, 1, 3);
  x.offer_all(x.a, 2, 2);
  CHECK(x.run() == order{1, 2, 1, 2, 1});
  CHECK(x.log->landed.size() == 2);
}

TEST_CASE("transfers of higher priority are fetched first") {
  fetch_fixture x{narrow()};
  x.offer_all(x.a, 1, 2, priority::low);
  x.offer_all(x.a, 2, 1);
  x.grants.fetch(); // nothing else is there yet
  x.offer_all(x.a, 3, 2, priority::high);
  CHECK(x.run() == order{2, 3, 3, 1, 1});
}

TEST_CASE("all peers together have no more on their way than is permitted") {
  transport_options options;
  options.max_bytes_in_flight = 3 * chunk_size;
  fetch_fixture x{options};
  x.offer_all(x.a, 1, 10);
  x.offer_all(x.b, 2, 10);
  x.grants.fetch();
  CHECK(x.via.under_way.size() == 3);
  x.run();
  CHECK(x.log->landed.size() == 2);
  CHECK(std::ranges::count(x.via.begun, 1u) == 10);
}

TEST_CASE("a peer always has one fetch, whatever the others have") {
  transport_options options;
  options.max_bytes_in_flight = 2 * chunk_size;
  fetch_fixture x{options};
  x.offer_all(x.a, 1, 10);
  x.grants.fetch();
  REQUIRE(x.via.under_way.size() == 2); // and they hang
  x.offer_all(x.b, 2, 2);
  x.grants.fetch();
  CHECK(x.via.begun == order{1, 1, 2});
}

TEST_CASE("fetches that a lost link has left behind are not counted for ever") {
  transport_options options;
  options.max_bytes_in_flight = 2 * chunk_size;
  fetch_fixture x{options};
  x.offer_all(x.a, 1, 2);
  x.grants.fetch();
  x.grants.fail(x.a.id(), make_error(errc::peer_lost, "gone"));
  x.via.end();
  x.via.end();
  x.offer_all(x.b, 2, 2);
  x.grants.fetch();
  CHECK(x.via.under_way.size() == 2);
}

TEST_CASE("chunks of what has ended are dropped, and others have their turns") {
  fetch_fixture x{narrow()};
  x.offer_all(x.a, 1, 3);
  x.offer_all(x.a, 2, 2);
  x.offer_all(x.b, 3, 2);
  SECTION("withdrawn") {
    auto released = false;
    x.grants.withdraw({{1, 1}, {11, 1}, {}}, [&] { released = true; });
    CHECK(released);
    CHECK(x.via.dropped == 3);
    CHECK(x.run() == order{2, 3, 2, 3});
  }
  SECTION("its link is lost") {
    x.grants.fail(x.a.id(), make_error(errc::peer_lost, "gone"));
    x.grants.tell(1000);
    CHECK(x.via.dropped == 5);
    CHECK(x.run() == order{3, 3});
  }
  SECTION("everything is abandoned") {
    x.grants.abandon();
    CHECK(x.via.dropped == 7);
    CHECK(x.run().empty());
  }
}
