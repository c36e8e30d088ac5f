// SPDX-License-Identifier: BSD-3-Clause

// How transfers share what may be on its way, and what is not offered any more.

#include "caf_rdma/tests/transport/transfers/outbound_fixture.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

using namespace rdma;
using namespace rdma::test;

TEST_CASE("no more bytes are on their way to a peer than is permitted") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 8 * kib;
  x.via.copies = GENERATE(false, true);
  x.start(40 * kib);
  x.start(x.via, 78, 40 * kib);
  x.out->pump();
  CHECK(x.via.in_flight.size() == 2);
  CHECK_FALSE(x.out->ready()); // nothing to do until a chunk has left
  x.drain();
  CHECK(x.via.most_in_flight == 2);
  CHECK(x.via.posted.size() == 20);
}

TEST_CASE("a chunk that is larger than what is permitted goes alone") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 1;
  x.start(12 * kib);
  x.drain();
  CHECK(x.via.most_in_flight == 1);
  check_cover(x.via.posted, 12 * kib);
}

TEST_CASE("a peer that takes nothing keeps no other waiting") {
  outbound_fixture x;
  x.options.max_bytes_in_flight = 12 * kib;
  fake_link other{12};
  x.start(400 * kib); // has all that is permitted, and lets go of nothing
  x.start(other, 78, 40 * kib);
  CHECK(other.in_flight.size() == 1);
  for (auto i = 0; i < 20; ++i)
    x.round({&other});
  check_cover(other.posted, 40 * kib);
  CHECK(x.via.posted.size() == 3);
}

TEST_CASE("transfers that wait for credit take turns") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 4 * kib;
  x.start(400 * kib);
  x.start(x.via, 78, 8 * kib);
  for (auto i = 0; i < 5; ++i)
    x.round({&x.via});
  auto of_small = std::ranges::count(x.via.posted, 8 * kib, &offer::total);
  CHECK(of_small == 2);
}

TEST_CASE("a higher priority does not wait behind a lower one") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 4 * kib;
  x.start(400 * kib);
  x.start(x.via, 78, 12 * kib, priority::high);
  x.start(x.via, 79, 16 * kib, priority::low);
  for (auto i = 0; i < 3; ++i)
    x.round({&x.via});
  for (size_t i = 1; i < 4; ++i) {
    CHECK(x.via.posted.at(i).total == 12 * kib);
    CHECK(x.via.posted.at(i).priority == priority::high);
  }
  x.drain();
  CHECK(x.via.posted.back().total == 16 * kib);
}

TEST_CASE("what is withdrawn or has lost its peer uses no turn") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 4 * kib;
  x.start(400 * kib);
  x.start(x.via, 78, 8 * kib);
  auto released = 0;
  SECTION("withdrawn") {
    x.out->withdraw(x.key, [&] { ++released; });
    x.drain();
    CHECK(released == 1);
    CHECK(x.via.posted.size() == 3);
  }
  SECTION("withdrawn while it waits") {
    x.out->withdraw({11, 78}, [&] { ++released; });
    CHECK(released == 1);
    x.drain();
    CHECK(x.via.posted.size() == 100);
  }
  SECTION("failed") {
    x.out->fail(11, make_error(errc::peer_lost, "gone"));
    x.drain();
    CHECK(x.via.posted.size() == 1);
    CHECK(x.log->failed.size() == 2);
  }
}

TEST_CASE("what is fetched in place needs no credit") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 1;
  x.via.fetches_in_place = x.via.copies = true;
  x.start(x.options.chunk_size * 64 * 3);
  CHECK(x.via.in_flight.size() == 3);
  x.drain();
  CHECK(x.via.posted.size() == 3);
}

TEST_CASE("a transfer that is stopped posts no further chunk") {
  outbound_fixture x;
  x.start(400 * kib);
  CHECK(x.out->stop(x.key));
  x.drain();
  CHECK(x.via.posted.size() == 3);
  CHECK(x.out->settle(x.key));
}

TEST_CASE("a transfer that waits for its first turn is unknown to the peer") {
  outbound_fixture x;
  x.options.max_outbound_bytes = 4 * kib;
  x.known = GENERATE(false, true); // unless a claim has gone before
  x.start(4 * kib);
  x.start(x.via, 78, 4 * kib);
  CHECK(x.out->stop({11, 78}) == x.known);
  x.drain();
  CHECK(x.via.posted.size() == 1);
  CHECK(x.out->settle({11, 78}));
}
