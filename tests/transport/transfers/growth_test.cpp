// SPDX-License-Identifier: BSD-3-Clause

// What an event costs beside few and beside many others: entries that are
// looked at and bytes that are taken are counted, not time.

#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"
#include "caf_rdma/tests/transport/transfers/outbound_fixture.hpp"
#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>

#include <deque>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr size_t few = 10;
constexpr size_t many = 1000;

const auto gone = make_error(errc::peer_lost, "gone");

template <class Table>
uint64_t steps(const Table& x) {
  transfer_statistics result;
  x.add_to(result);
  return result.steps;
}

/// Grants that peers have claimed.
struct many_sinks : inbound_fixture {
  void install(link_id link, size_t n) {
    for (size_t i = 1; i <= n; ++i)
      grants.install(
        sink{{link, i}, describe(target), target.size(), {link, i}, owner});
  }

  /// Claims all of a standing grant.
  void claim_all(const token& secret, uint64_t transfer) {
    claim what;
    what.secret = secret;
    what.total = target.size();
    frame x{from.id(), transfer, std::move(what)};
    grants.claimed(from, x);
  }
};

/// Counts what it is asked for.
struct counting_lane : lane {
  bool crosses_network() const noexcept override {
    return true;
  }

  void fetch(held_bytes, const block_list&, uint64_t, ucx::request_observer&,
             const ucx::request_tag&) override {
    ++fetched;
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

  size_t fetched = 0;
  size_t dropped = 0;
};

/// Transfers that wait for a peer that lets go of nothing.
struct many_sources : outbound_fixture {
  many_sources() {
    options.max_outbound_bytes = 4 * kib;
    options.window = 1000;
    out = std::make_unique<outbound>(options);
  }
};

} // namespace

// -- the end of a link -------------------------------------------------------

TEST_CASE("the end of a link costs what was on it: sinks") {
  auto others = GENERATE(few, many);
  many_sinks x;
  x.install(12, others);
  x.install(11, 3);
  auto before = steps(x.grants);
  x.grants.fail(11, gone);
  x.grants.tell(many);
  CHECK(steps(x.grants) - before == 3);
  x.settle();
  CHECK(x.log->failed.size() == 3);
}

TEST_CASE("the end of a link costs what was on it: sources") {
  auto others = GENERATE(few, many);
  many_sources x;
  fake_link other{12};
  for (size_t i = 1; i <= others; ++i)
    x.start(other, i, 8 * kib);
  for (size_t i = 1; i <= 3; ++i)
    x.start(x.via, i, 8 * kib);
  auto before = steps(*x.out);
  x.out->fail(11, gone);
  x.out->tell(many);
  CHECK(steps(*x.out) - before == 3);
  x.settle();
  CHECK(x.log->failed.size() == 3);
}

TEST_CASE("the owners of many transfers hear of the end of their link by and "
          "by") {
  SECTION("sinks, of which nothing is accepted meanwhile") {
    many_sinks x;
    x.install(11, few);
    x.grants.fail(11, gone);
    x.grants.tell(3);
    x.owner_fixture::settle();
    CHECK(x.log->failed.size() == 3);
    CHECK(x.grants.ready());
    offer late{{11, few}, 0, 4, 4, x.target.size()};
    x.grants.take(x.from, frame{11, few, late}, 4,
                  [](auto) { FAIL("the transfer is over"); });
    auto released = false;
    x.grants.withdraw({{11, few}, {11, few}, {}}, [&] { released = true; });
    CHECK(released);
    x.settle();
    CHECK(x.log->failed.size() == few - 1); // who has withdrawn hears nothing
    CHECK_FALSE(x.grants.telling());
  }
  SECTION("sources, of which nothing is offered meanwhile") {
    many_sources x;
    for (size_t i = 1; i <= few; ++i)
      x.start(x.via, i, 8 * kib);
    x.out->fail(11, gone);
    x.out->tell(3);
    x.owner_fixture::settle();
    CHECK(x.log->failed.size() == 3);
    CHECK(x.out->ready());
    x.via.let_go(UCS_OK);
    x.out->pump();
    CHECK(x.via.posted.size() == 1);
    CHECK(x.out->settle({11, few}));
    x.settle();
    CHECK(x.log->failed.size() == few - 1);
    CHECK_FALSE(x.out->telling());
  }
}

TEST_CASE("what is held of a link that has ended is dropped by and by") {
  many_sinks x;
  counting_lane via;
  x.install(11, few);
  for (uint64_t i = 1; i <= few; ++i)
    REQUIRE(x.grants.hold(
      x.from, via, frame{11, i, offer{{11, i}, 0, 4, 4, x.target.size()}},
      {nullptr, 4}));
  x.grants.fail(11, gone);
  CHECK(via.dropped == 0);
  x.grants.tell(3);
  CHECK(via.dropped == 3);
  x.grants.fetch(); // starts none of them
  x.settle();
  CHECK(via.dropped == few);
  CHECK(via.fetched == 0);
  CHECK_FALSE(x.grants.telling());
}

// -- turns -------------------------------------------------------------------

TEST_CASE("a chunk costs the same beside few and many links that wait") {
  auto links = GENERATE(few, many);
  many_sources x;
  std::deque<fake_link> others;
  for (size_t i = 0; i < links; ++i)
    x.start(others.emplace_back(100 + i), 1, 400 * kib);
  x.start(x.via, 1, 100 * 4 * kib);
  x.out->pump();
  auto before = steps(*x.out);
  for (auto i = 0; i < 99; ++i)
    x.round({&x.via});
  CHECK(x.via.posted.size() == 100);
  // Each is asked whether it may go, and its link whether another one may.
  CHECK(steps(*x.out) - before <= 2 * 99);
}

// -- standing grants ---------------------------------------------------------

TEST_CASE("a standing grant ends at the cost of its own claims") {
  auto others = GENERATE(few, many);
  many_sinks x;
  x.install(12, others);
  grant terms;
  terms.claims = any_number_of_claims;
  for (size_t i = 1; i <= others; ++i)
    x.grants.install(standing_grant{
      {i, 99}, block_list{describe(x.target)}, true, terms, x.owner});
  for (uint64_t i : {1, 2, 3})
    x.claim_all({1, 99}, i);
  auto before = steps(x.grants);
  x.grants.withdraw({{1, 99}, {}, {}}, [] {});
  x.settle();
  CHECK(steps(x.grants) - before == 3);
  CHECK(x.grants.take_verdicts().size() == 3);
}

TEST_CASE("the claims of a grant that ends are told by and by, but are over") {
  many_sinks x;
  grant terms;
  terms.claims = any_number_of_claims;
  x.grants.install(standing_grant{
    {1, 99}, block_list{describe(x.target)}, true, terms, x.owner});
  for (uint64_t i = 1; i <= few; ++i)
    x.claim_all({1, 99}, i);
  auto released = false;
  x.grants.withdraw({{1, 99}, {}, {}}, [&] { released = true; });
  x.grants.tell(3);
  CHECK(x.grants.take_verdicts().size() == 3);
  CHECK(x.grants.ready());
  CHECK_FALSE(released); // the claims keep the memory
  auto size = static_cast<uint32_t>(x.target.size());
  offer late{{1, 99}, 0, size, size, size};
  x.grants.take(x.from, frame{11, few, late}, size,
                [](auto) { FAIL("the grant is over"); });
  x.grants.announce({11, few}); // the peer has said something else about it
  x.grants.fail(11, gone);
  x.settle();
  CHECK(x.log->claimed.empty());
  CHECK(x.log->failed.empty());
  CHECK_FALSE(x.grants.telling());
  CHECK(released);
  CHECK(x.routes.epitaph({11, few}) != nullptr);
}

// -- fetching in place -------------------------------------------------------

TEST_CASE("a fetch in place is stopped at its own cost") {
  auto others = GENERATE(few, many);
  local::cell_pool cells;
  std::vector<std::byte> source(16);
  std::vector<std::byte> target(16);
  local::exposure exposed{cells, block_list{describe(source)}};
  recording_observer observer;
  local_lane lane{4096};
  for (uint64_t i = 1; i <= others; ++i) {
    offer what{{i, 1},
               0,
               16,
               16,
               16,
               exposed.cell(),
               exposed.seal(),
               exposed.only_block()};
    lane.fetch(lane.hold(getpid(), what), block_list{describe(target)}, 0,
               observer, {i, 1, 0});
  }
  auto before = lane.steps();
  lane.stop({others / 2, 1});
  CHECK(lane.steps() - before == 1);
  CHECK(observer.ends.size() == 1);
  CHECK(lane.busy() == others - 1);
}

TEST_CASE("the chunks of a transfer share the list of the source's blocks") {
  auto chunks = GENERATE(size_t{2}, size_t{64});
  constexpr size_t block = 16;
  constexpr size_t blocks = 4096;
  std::vector<std::byte> source(block * blocks, std::byte{7});
  std::vector<std::byte> target(source.size());
  descriptor_list parts;
  for (size_t i = 0; i < blocks; ++i)
    parts.emplace_back(static_cast<void*>(&source[i * block]), block);
  local::cell_pool cells;
  local::exposure exposed{cells, block_list{parts}};
  recording_observer observer;
  local_lane lane{4096};
  auto length = source.size() / chunks;
  for (uint64_t at = 0; at < source.size(); at += length) {
    offer what{{1, 1},
               at,
               static_cast<uint32_t>(length),
               static_cast<uint32_t>(length),
               source.size(),
               exposed.cell(),
               exposed.seal(),
               exposed.only_block()};
    lane.fetch(lane.hold(getpid(), what), block_list{describe(target)}, at,
               observer, {1, 1, at});
  }
  uint64_t most = 0;
  while (!lane.idle()) {
    lane.progress();
    most = std::max(most, lane.list_bytes());
  }
  CHECK(most == blocks * sizeof(memory_run));
  CHECK(lane.list_bytes() == 0);
  CHECK(observer.ends.size() == chunks);
  CHECK(target == source);
}
