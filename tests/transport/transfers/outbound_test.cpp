// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/transfers/outbound_fixture.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

TEST_CASE("chunks cover a transfer exactly and respect the window") {
  auto size = GENERATE(uint64_t{1}, 4 * kib - 1, 4 * kib, 4 * kib + 1, 12 * kib,
                       12 * kib + 1, 400 * kib + 17);
  auto at_once = GENERATE(false, true);
  outbound_fixture x;
  x.via.copies = GENERATE(false, true);
  x.via.at_once = at_once;
  x.start(size);
  CHECK(x.via.posted.size() <= 3);
  x.drain();
  check_cover(x.via.posted, size);
  CHECK(x.via.most_in_flight <= (at_once ? 1 : 3));
  CHECK(x.log->failed.empty());
  // The last chunk proves nothing, so there is no news of it.
  for (auto bytes : x.log->progress)
    CHECK(bytes < size);
  CHECK(x.log->progress.size() == x.via.posted.size() - 1);
}

TEST_CASE("a chunk is no larger than the lane takes") {
  outbound_fixture x;
  x.options.chunk_size = 64 * kib;
  x.via.max_chunk = 8 * kib;
  x.start(20 * kib);
  x.drain();
  CHECK(x.via.posted.at(0).chunk_size == 8 * kib);
  check_cover(x.via.posted, 20 * kib);
}

TEST_CASE("a huge transfer is cut into larger chunks") {
  outbound_fixture x;
  auto size = GENERATE((max_chunks - 1) * 4 * kib, max_chunks * 4 * kib + 1,
                       uint64_t{1} << 40, (uint64_t{1} << 50) - 12345);
  x.start(size);
  auto chunk = x.via.posted.at(0).chunk_size;
  CHECK(chunk >= 4 * kib);
  CHECK((size - 1) / chunk + 1 <= max_chunks);
}

TEST_CASE("a withdrawal is answered once nothing is in flight") {
  outbound_fixture x;
  auto released = 0;
  SECTION("at once if there is no such transfer") {
    x.start(1);
    x.out->withdraw({11, 78}, [&] { ++released; });
    CHECK(released == 1);
  }
  SECTION("at once if all chunks were let go") {
    x.start(1);
    x.drain();
    x.out->withdraw(x.key, [&] { ++released; });
    CHECK(released == 1);
    x.out->withdraw(x.key, [&] { ++released; });
    CHECK(released == 2);
  }
  SECTION("after the last chunk in flight, and no further one is posted") {
    x.start(400 * kib);
    x.out->withdraw(x.key, [&] { ++released; });
    for (auto i = 0; i < 3; ++i) {
      CHECK(released == 0);
      x.via.let_go(UCS_ERR_CANCELED);
      x.out->pump();
    }
    CHECK(released == 1);
    CHECK(x.via.posted.size() == 3);
  }
  SECTION("at once, if the lane has made copies, which leave later") {
    x.via.copies = true;
    x.start(400 * kib);
    x.out->withdraw(x.key, [&] { ++released; });
    CHECK(released == 1);
    for (auto i = 0; i < 3; ++i)
      x.via.let_go(UCS_OK);
    x.out->pump();
    CHECK(x.via.posted.size() == 3);
  }
  SECTION("at once, between the last chunk and the next round") {
    x.start(1);
    x.via.let_go(UCS_OK);
    x.out->withdraw(x.key, [&] { ++released; });
    CHECK(released == 1);
    x.out->pump();
    CHECK(released == 1);
  }
}

TEST_CASE("a link that fails is told to its transfers, which post no more") {
  outbound_fixture x;
  x.start(400 * kib);
  auto reason = make_error(errc::peer_lost, "gone");
  x.out->fail(12, reason);
  x.settle();
  CHECK(x.log->failed.empty());
  x.out->fail(11, reason);
  x.out->fail(11, reason);
  x.settle();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(x.log->failed[0] == reason);
  auto released = false;
  x.out->withdraw(x.key, [&] { released = true; });
  CHECK_FALSE(released);
  x.drain();
  CHECK(released);
  CHECK(x.via.posted.size() == 3);
}

TEST_CASE("a link that fails tells a source whether the peer may have all") {
  outbound_fixture x;
  auto chunks = GENERATE(uint64_t{3}, uint64_t{4});
  x.start(chunks * 4 * kib); // the window is 3
  x.out->fail(11, make_error(errc::peer_lost, "gone"));
  x.settle();
  CHECK(x.log->all_offered == std::vector<bool>{chunks == 3});
}

TEST_CASE("the status of a send decides nothing") {
  outbound_fixture x;
  x.start(8 * kib);
  x.via.let_go(UCS_ERR_REJECTED);
  x.via.let_go(UCS_ERR_ENDPOINT_TIMEOUT);
  x.out->pump();
  x.settle();
  CHECK(x.log->failed.empty());
  CHECK(x.log->landed.empty());
}

TEST_CASE(
  "an outbound transfer keeps the owner of the memory until it is over") {
  outbound_fixture x;
  auto memory = std::make_shared<int>();
  outbound out{x.options};
  out.start(source{x.key,
                   {3, 4},
                   descriptor_list{{memory.get(), 4, cpu, memory}},
                   x.owner,
                   {}},
            x.via, false);
  auto released = [&] { CHECK(memory.use_count() == 1); };
  out.withdraw(x.key, released);
  CHECK(memory.use_count() > 1);
  x.via.let_go(UCS_OK);
  out.pump();
  CHECK(memory.use_count() == 1);
}

TEST_CASE("memory that is fetched in place is exposed until it is let go") {
  outbound_fixture x;
  x.via.fetches_in_place = true;
  x.via.copies = true; // nothing but the offers is sent
  x.start(300 * kib);
  auto& first = x.via.posted.at(0);
  REQUIRE(first.in_place());
  CHECK(first.chunk_size == 64 * 4 * kib);
  CHECK(first.block != 0);
  auto& cell = *reinterpret_cast<local::source_cell*>(first.cell);
  CHECK(cell.seal == first.seal);
  SECTION("by a withdrawal") {
    auto released = false;
    x.out->withdraw(x.key, [&] {
      released = true;
      CHECK(cell.seal == 0);
    });
    CHECK(released);
  }
  SECTION("by the destination's word") {
    CHECK(x.out->settle(x.key));
    CHECK(cell.seal == 0);
  }
  SECTION("by a withdrawal after the link has failed") {
    x.out->fail(11, make_error(errc::peer_lost, "gone"));
    CHECK(cell.seal == first.seal); // the owner has not let go
    x.out->withdraw(x.key, [] {});
    CHECK(cell.seal == 0);
  }
}

TEST_CASE("a source is settled only once its lane has let go") {
  outbound_fixture x;
  x.start(4 * kib);
  CHECK_FALSE(x.out->settle(x.key));
  x.via.let_go(UCS_OK);
  auto src = x.out->settle(x.key);
  REQUIRE(src);
  CHECK(src->key == x.key);
  CHECK_FALSE(x.out->settle(x.key));
  CHECK_FALSE(x.out->settle({11, 78}));
}
