// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/fake_link.hpp"
#include "caf_rdma/transport/outbound.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr uint64_t kib = 1024;

struct outbound_fixture : owner_fixture {
  outbound_fixture() {
    options.chunk_size = 4 * kib;
    options.window = 3;
  }

  /// Offers `size` bytes that nobody looks at.
  void start(uint64_t size) {
    void* nowhere = this;
    out = std::make_unique<outbound>(options);
    out->start(source{key, {3, 4}, descriptor_list{{nowhere, size}}, owner, {}},
               via, known);
  }

  /// Offers more to some peer.
  void start(fake_link& to, uint64_t transfer, uint64_t size,
             priority prio = priority::normal) {
    void* nowhere = this;
    source x{
      {to.id(), transfer}, {3, 4}, descriptor_list{{nowhere, size}}, owner, {}};
    x.priority = prio;
    out->start(std::move(x), to, known);
  }

  /// Lets go of one chunk of each peer.
  void round(std::initializer_list<fake_link*> links) {
    for (auto* x : links)
      if (!x->in_flight.empty())
        x->let_go(UCS_OK);
    out->pump();
  }

  /// Lets go of everything, round by round.
  void drain() {
    for (auto n = 0; !via.in_flight.empty() || out->ready(); ++n) {
      REQUIRE(n < 100'000);
      if (!via.in_flight.empty())
        via.let_go(UCS_OK);
      out->pump();
    }
    settle();
  }

  transport_options options;
  fake_link via{11};
  transfer_key key{11, 77};
  bool known = false;
  std::unique_ptr<outbound> out;
};

/// Checks that the offers cover `total` bytes, each once, in order.
void check_cover(const std::vector<offer>& xs, uint64_t total) {
  uint64_t next = 0;
  for (auto& x : xs) {
    REQUIRE(x.offset == next);
    REQUIRE(x.length == std::min<uint64_t>(x.chunk_size, total - next));
    REQUIRE(x.total == total);
    REQUIRE(x.secret == token{3, 4});
    next += x.length;
  }
  REQUIRE(next == total);
}

} // namespace

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
  x.via.in_place = true;
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

// -- credit and turns ---------------------------------------------------------

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
  x.via.in_place = x.via.copies = true;
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
