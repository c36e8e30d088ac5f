// SPDX-License-Identifier: BSD-3-Clause

// How the bytes of GPUs leave.

#include "caf_rdma/tests/transport/memory/staging_fixture.hpp"
#include "caf_rdma/tests/transport/transfers/outbound_fixture.hpp"
#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"
#include "caf_rdma/transport/memory/checksum.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr size_t max_room = 2 << 20;

struct staged_fixture : outbound_fixture, staging_fixture {
  staged_fixture() : staging_fixture(copy_direction::to_host, max_room) {
    via.reads = true;
  }

  void start(size_t size, bool verify = false) {
    memory = counting(size);
    out = std::make_unique<outbound>(options, &room);
    source x{key, {3, 4}, staging_fixture::describe(memory), owner, {}};
    x.verify = verify;
    out->start(std::move(x), via, known);
  }

  /// Offers more, out of memory whose bytes are all the same.
  void start(uint64_t transfer, const fenced_memory_ptr& from) {
    out->start(
      source{
        {11, transfer}, {3, 4}, staging_fixture::describe(from), owner, {}},
      via, known);
  }

  fenced_memory_ptr filled(size_t size, std::byte value) {
    auto result = gpus->allocate(cuda(0), size);
    std::ranges::fill(result->view(), value);
    return result;
  }

  /// Looks after copies until none is under way.
  void pump() {
    do
      out->pump();
    while (gpus->under_way() > 0);
    settle();
  }

  /// True if a posted chunk has brought the transfer's bytes.
  bool faithful(size_t i) {
    auto& header = via.posted[i];
    return equal(via.bytes[i],
                 memory->view().subspan(header.offset, header.length));
  }

  bool withdrawn(const transfer_key& of) {
    auto result = std::make_shared<bool>(false);
    out->withdraw(of, [result] { *result = true; });
    released = result;
    return *released;
  }

  fenced_memory_ptr memory;
  std::shared_ptr<bool> released;
};

} // namespace

TEST_CASE("chunks of a GPU leave from host memory") {
  staged_fixture x;
  x.start(40 * kib + 1);
  CHECK(x.via.posted.empty());
  for (auto n = 0; n < 20; ++n) {
    x.pump();
    if (!x.via.in_flight.empty())
      x.via.let_go(UCS_OK);
  }
  check_cover(x.via.posted, 40 * kib + 1);
  for (size_t i = 0; i < x.via.posted.size(); ++i)
    CHECK(x.faithful(i));
  CHECK(x.via.most_in_flight <= x.options.window);
}

TEST_CASE("a chunk of a GPU carries the checksum of its copy") {
  staged_fixture x;
  x.start(4 * kib, true);
  x.pump();
  REQUIRE(x.via.posted.size() == 1);
  CHECK(x.via.posted[0].checksum
        == checksum(test::describe(x.via.bytes[0]), 0, 4 * kib));
}

TEST_CASE("a lane that reads the memory of GPUs gets it as it is") {
  staged_fixture x;
  x.via.direct = true;
  x.start(8 * kib);
  CHECK(x.gpus->copies() == 0);
  REQUIRE(x.via.posted.size() == 2);
  CHECK(x.via.bytes[0].empty()); // the CPU has not seen them
}

TEST_CASE("a GPU's memory is free once it is copied, its copy when it has "
          "left") {
  staged_fixture x;
  x.start(4 * kib);
  x.gpus->hold();
  x.out->pump();
  CHECK_FALSE(x.withdrawn(x.key));
  x.gpus->let_go();
  x.pump();
  CHECK(*x.released);
  CHECK(x.via.posted.empty()); // it was withdrawn
}

TEST_CASE("a withdrawn transfer does not wait for copies that have left") {
  staged_fixture x;
  x.start(4 * kib);
  x.pump();
  REQUIRE(x.via.in_flight.size() == 1);
  CHECK(x.withdrawn(x.key));
  x.via.let_go(UCS_OK);
  x.pump();
}

TEST_CASE("chunks that the peer fetches in passing are kept until it has") {
  staged_fixture x;
  x.via.fetches_in_place = true;
  x.options.window = 2;
  x.start(16 * kib);
  x.pump();
  REQUIRE(x.via.posted.size() == 2);
  for (auto& header : x.via.posted) {
    CHECK(header.passing);
    CHECK(header.in_place());
    CHECK(header.block != 0);
  }
  CHECK(x.faithful(0));
  x.via.let_go(UCS_OK); // the frame has left: that proves nothing
  x.pump();
  CHECK(x.via.posted.size() == 2);
  x.out->fetched(x.key, 4096); // the second
  x.out->fetched(x.key, 4096);
  x.out->fetched(x.key, 77);
  x.pump();
  CHECK(x.via.posted.size() == 3);
  auto src = x.out->settle(x.key);
  CHECK(src);
  x.out->fetched(x.key, 0); // late
  CHECK(x.room.has_room(max_room));
  CHECK(x.room.acquire(max_room)); // all of it is free
}

TEST_CASE("who still reads room that is used again keeps nobody else's bytes") {
  constexpr auto size = 4 * kib;
  staged_fixture x;
  x.via.fetches_in_place = true;
  x.out = std::make_unique<outbound>(x.options, &x.room);
  x.start(1, x.filled(size, std::byte{1}));
  x.pump();
  REQUIRE(x.via.posted.size() == 1);
  // The peer is stopped in the middle of it.
  std::vector<std::byte> target(size);
  local_lane reader{size / 2};
  recording_observer observer;
  auto read = [&](const offer& what) {
    reader.fetch(reader.hold(getpid(), what), block_list{describe(target)}, 0,
                 observer, {});
  };
  read(x.via.posted[0]);
  reader.progress();
  CHECK(x.withdrawn({11, 1}));
  x.start(2, x.filled(size, std::byte{2}));
  x.pump();
  REQUIRE(x.via.posted.size() == 2);
  REQUIRE(x.via.posted[1].block == x.via.posted[0].block);
  while (!reader.idle())
    reader.progress();
  REQUIRE(observer.ends.size() == 1);
  CHECK(observer.ends[0].status != UCS_OK);
  CHECK(std::ranges::count(target, std::byte{1}) == size / 2);
  CHECK(std::ranges::count(target, std::byte{2}) == 0);
}

TEST_CASE("room is not used again while a lane that borrows it has not let "
          "go") {
  constexpr auto size = max_room;
  staged_fixture x;
  x.options.chunk_size = size;
  x.out = std::make_unique<outbound>(x.options, &x.room);
  x.start(1, x.filled(size, std::byte{1}));
  x.pump();
  CHECK(x.withdrawn({11, 1}));
  x.start(2, x.filled(size, std::byte{2}));
  x.pump();
  CHECK(x.via.posted.size() == 1);
  CHECK_FALSE(x.room.has_room(size));
  x.via.let_go(UCS_ERR_CANCELED);
  x.pump();
  REQUIRE(x.via.posted.size() == 2);
  CHECK(std::ranges::count(x.via.bytes[0], std::byte{1}) == size);
  CHECK(std::ranges::count(x.via.bytes[1], std::byte{2}) == size);
}

TEST_CASE("a copy that fails ends its transfer, and no other") {
  staged_fixture x;
  x.gpus->fail_after(1);
  x.start(20 * kib);
  x.pump();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::device_error);
  CHECK_FALSE(x.log->all_offered[0]);
  CHECK(x.via.posted.size() == 1);
  x.gpus->heal();
  CHECK(x.withdrawn(x.key));
  x.out->start(
    source{{11, 78}, {3, 4}, staging_fixture::describe(x.memory), x.owner, {}},
    x.via, false);
  x.pump();
  CHECK(x.via.posted.size() > 1);
}

TEST_CASE(
  "a transfer whose chunks will never fit our room ends with an error") {
  staged_fixture x;
  x.options.chunk_size = 4 << 20;
  x.start(8 << 20);
  x.pump();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::limit_reached);
}

TEST_CASE("transfers of GPUs take turns where there is little room") {
  staged_fixture x;
  x.options.chunk_size = 1 << 20;
  x.start(8 << 20);
  auto other = x.counting(2 << 20);
  x.out->start(
    source{{11, 78}, {3, 4}, staging_fixture::describe(other), x.owner, {}},
    x.via, false);
  for (auto n = 0; n < 5; ++n) {
    x.pump();
    REQUIRE_FALSE(x.via.in_flight.empty());
    x.via.let_go(UCS_OK);
  }
  CHECK(x.via.most_in_flight == 2);
  CHECK(std::ranges::count(x.via.posted, uint64_t{2} << 20, &offer::total)
        == 2);
}

TEST_CASE("a source that fails for want of its link has not offered what was "
          "only copied") {
  staged_fixture x;
  x.start(4 * kib);
  x.gpus->hold();
  x.out->pump();
  x.out->fail(11, make_error(errc::peer_lost, "gone"));
  x.gpus->let_go();
  x.pump();
  REQUIRE(x.log->failed.size() == 1);
  CHECK_FALSE(x.log->all_offered[0]);
  CHECK(x.via.posted.empty());
  CHECK(x.withdrawn(x.key));
}

TEST_CASE("a source that is stopped while it is copied was never known") {
  staged_fixture x;
  x.start(4 * kib);
  CHECK_FALSE(x.out->stop(x.key));
  x.pump();
  CHECK(x.via.posted.empty());
  CHECK(x.out->settle(x.key));
}
