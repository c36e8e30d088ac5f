// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/links/outbox.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>

#include <cstring>

using namespace rdma;
using namespace rdma::test;

namespace {

/// Takes apart what arrives.
struct reader {
  explicit reader(ucx::worker& of) {
    auto err = of.receive(frame_message_id, on_message, this);
    REQUIRE(err == caf::none);
  }

  static ucs_status_t on_message(void* arg, const void* header, size_t n,
                                 void* data, size_t size,
                                 const ucp_am_recv_param_t*) {
    auto& self = *static_cast<reader*>(arg);
    ++self.messages;
    auto frames = std::span{static_cast<const std::byte*>(header), n};
    while (auto length = first_frame_size(frames)) {
      self.frames.push_back(*decode_frame(frames.first(length)));
      frames = frames.subspan(length);
    }
    CHECK(frames.empty());
    auto* bytes = static_cast<const std::byte*>(data);
    self.data.insert(self.data.end(), bytes, bytes + size);
    return UCS_OK;
  }

  int messages = 0;
  std::vector<frame> frames;
  std::vector<std::byte> data;
};

struct outbox_fixture {
  ~outbox_fixture() {
    there.close(x.pool);
    back.close(y.pool);
    drive(x, y, [this] { return x.pool.busy() + y.pool.busy() == 0; });
  }

  /// Adds an offer of `n` bytes with the value `fill`.
  void add(uint64_t transfer, uint32_t n, std::byte fill) {
    frame what{7, transfer, offer{{1, 2}, 0, n, n, n}};
    auto room = out.add(what, n, there.get(), x.observer, {transfer, 0, 0});
    REQUIRE(room.size() == n);
    std::memset(room.data(), static_cast<int>(fill), n);
  }

  ucx_side x;
  ucx_side y;
  reader arrived{y.worker};
  ucx::endpoint there = x.connect(y);
  ucx::endpoint back = y.connect(x);
  outbox out{x.pool};
};

} // namespace

TEST_CASE("frames and small chunks travel in one message, in order") {
  outbox_fixture t;
  CHECK(t.out.empty());
  t.out.add(frame{7, 1, heartbeat{}}, t.there.get());
  t.add(2, 3, std::byte{2});
  t.out.add(frame{7, 3, cancel_request{errc::cancelled, "no"}}, t.there.get());
  t.add(4, 5, std::byte{4});
  CHECK_FALSE(t.out.empty());
  t.out.flush(t.there.get());
  CHECK(t.out.empty());
  REQUIRE(drive(t.x, t.y, [&] { return t.arrived.messages > 0; }));
  CHECK(t.arrived.messages == 1);
  REQUIRE(t.arrived.frames.size() == 4);
  for (uint64_t i = 0; i < 4; ++i)
    CHECK(t.arrived.frames[i].transfer_id == i + 1);
  std::vector<std::byte> expected(3, std::byte{2});
  expected.insert(expected.end(), 5, std::byte{4});
  CHECK(t.arrived.data == expected);
  REQUIRE(drive(t.x, t.y, [&] { return t.x.observer.ends.size() == 2; }));
  CHECK(t.x.observer.ends[0].tag[0] == 2);
  CHECK(t.x.observer.ends[1].tag[0] == 4);
}

TEST_CASE("an outbox that is full sends what it has") {
  outbox_fixture t;
  constexpr uint64_t count = 1000;
  for (uint64_t i = 1; i <= count; ++i)
    t.add(i, 1000, static_cast<std::byte>(i));
  t.out.flush(t.there.get());
  auto all = [&] {
    t.out.flush(t.there.get());
    return t.arrived.frames.size() == count;
  };
  REQUIRE(drive(t.x, t.y, all));
  CHECK(t.arrived.messages > 1);
  CHECK(t.arrived.messages < 100);
  for (uint64_t i = 0; i < count; ++i) {
    CHECK(t.arrived.frames[i].transfer_id == i + 1);
    CHECK(t.arrived.data[i * 1000] == static_cast<std::byte>(i + 1));
  }
}

TEST_CASE("frames with the longest reasons fit, however many there are") {
  outbox_fixture t;
  constexpr uint64_t count = 50;
  std::string reason(max_reason_size, 'x');
  for (uint64_t i = 1; i <= count; ++i)
    t.out.add(
      frame{7, i, transfer_ended{status::errored, errc::peer_lost, reason, i}},
      t.there.get());
  t.out.flush(t.there.get());
  auto all = [&] {
    t.out.flush(t.there.get());
    return t.arrived.frames.size() == count;
  };
  REQUIRE(drive(t.x, t.y, all));
  auto& last = std::get<transfer_ended>(t.arrived.frames.back().content);
  CHECK(last.reason == reason);
}

TEST_CASE("a peer that does not read costs little more than it was sent") {
  auto in_ring = GENERATE(false, true);
  auto count = GENERATE(uint64_t{2'000}, uint64_t{20'000});
  constexpr uint32_t size = 64;
  // The frame, its bytes, and whom to tell.
  constexpr uint64_t most_per_chunk = 4 * size;
  CAPTURE(in_ring, count);
  outbox_fixture t;
  auto ring = local::ring_reader::make(local::ring_reader::min_size);
  REQUIRE(ring);
  if (in_ring)
    t.out.use(*local::ring_writer::open(getpid(), ring->fd(), ring->nonce()));
  for (uint64_t i = 1; i <= count; ++i) {
    t.add(i, size, static_cast<std::byte>(i));
    t.out.flush(t.there.get());
    t.x.worker.progress();
  }
  CHECK(t.out.stuck());
  CHECK(t.out.waiting_bytes() > count * size / 2);
  CHECK(t.out.waiting_bytes() < count * most_per_chunk);
  CHECK(t.x.pool.busy() <= outbox::max_under_way);
  auto all = [&] {
    t.out.flush(t.there.get());
    if (in_ring)
      ring->receive(1, [&](const local::ring_message& x) {
        reader::on_message(&t.arrived, x.header.data(), x.header.size(),
                           const_cast<std::byte*>(x.data.data()), x.data.size(),
                           nullptr);
      });
    return t.arrived.frames.size() == count && !t.out.stuck();
  };
  REQUIRE(drive(t.x, t.y, all));
  CHECK(t.out.waiting_bytes() == 0);
  REQUIRE(drive(t.x, t.y, [&] { return t.x.observer.ends.size() == count; }));
  for (uint64_t i = 0; i < count; ++i) {
    REQUIRE(t.arrived.frames[i].transfer_id == i + 1);
    REQUIRE(t.arrived.data[i * size] == static_cast<std::byte>(i + 1));
  }
}

TEST_CASE("what must come first is handed to UCX, however much there is") {
  outbox_fixture t;
  constexpr uint64_t count = 5'000;
  for (uint64_t i = 1; i <= count; ++i)
    t.add(i, 64, std::byte{1});
  CHECK(t.out.stuck());
  t.out.flush_all(t.there.get());
  CHECK_FALSE(t.out.stuck());
  CHECK(t.out.waiting_bytes() == 0);
  REQUIRE(drive(t.x, t.y, [&] { return t.arrived.frames.size() == count; }));
  CHECK(t.arrived.frames.back().transfer_id == count);
}

TEST_CASE("what cannot be sent any more is told to the observers") {
  outbox_fixture t;
  t.add(2, 3, std::byte{2});
  t.add(4, 3, std::byte{2});
  t.out.flush(nullptr);
  REQUIRE(t.x.observer.ends.size() == 2);
  CHECK(t.x.observer.ends[0].status == UCS_ERR_CANCELED);
  CHECK(t.x.pool.busy() == 0);
}

TEST_CASE("an outbox that goes away tells the observers, too") {
  outbox_fixture t;
  {
    outbox other{t.x.pool};
    other.add(frame{7, 1, offer{{1, 2}, 0, 3, 3, 3}}, 3, t.there.get(),
              t.x.observer, {9, 0, 0});
  }
  REQUIRE(t.x.observer.ends.size() == 1);
  CHECK(t.x.observer.ends[0].tag[0] == 9);
}
