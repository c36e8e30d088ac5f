// SPDX-License-Identifier: BSD-3-Clause

// How bytes get into the memory of GPUs.

#include "caf_rdma/tests/transport/memory/staging_fixture.hpp"
#include "caf_rdma/tests/transport/transfers/inbound_fixture.hpp"
#include "caf_rdma/transport/memory/checksum.hpp"

#include <map>

using namespace rdma;
using namespace rdma::test;

namespace {

/// Holds chunks whose bytes are all `fill`; ends fetches when the test says so.
class fake_lane : public lane {
public:
  bool crosses_network() const noexcept override {
    return false;
  }

  bool writes_device(const block_list&, uint64_t, uint64_t) const override {
    return direct;
  }

  held_bytes split(held_bytes& x, uint64_t length) override {
    if (!divisible)
      return lane::split(x, length);
    x.length -= length;
    return {x.handle, length};
  }

  void fetch(held_bytes from, const block_list& target, uint64_t offset,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override {
    fetches.push_back({from.length, target, offset, &observer, tag});
  }

  void drop(held_bytes) override {
    ++dropped;
  }

  void stop(const token&) override {
    // nop
  }

  caf::error explain(ucs_status_t) const override {
    return make_error(errc::transport_failure, "no");
  }

  void end_first(std::byte fill, ucs_status_t status = UCS_OK) {
    auto x = fetches.front();
    fetches.erase(fetches.begin());
    if (!x.target.on_device())
      x.target.for_each(x.offset, x.length, [&](std::span<std::byte> to) {
        std::ranges::fill(to, fill);
      });
    x.observer->request_done(x.tag, x.length, status);
  }

  struct fetch_request {
    uint64_t length;
    block_list target;
    uint64_t offset;
    ucx::request_observer* observer;
    ucx::request_tag tag;
  };

  bool direct = false;
  bool divisible = false;
  size_t dropped = 0;
  std::vector<fetch_request> fetches;
};

struct staged_fixture : owner_fixture, staging_fixture {
  explicit staged_fixture(uint64_t total = 10)
    : staging_fixture(copy_direction::to_device), size(total) {
    grants.install(
      sink{secret, staging_fixture::describe(memory), size, {}, owner});
  }

  offer header(uint64_t offset, uint32_t length, uint32_t chunk_size) const {
    return {secret, offset, length, chunk_size, size};
  }

  void take(const offer& x, std::byte fill) {
    std::vector<std::byte> bytes(x.length, fill);
    grants.take(from, frame{from.id(), 77, x}, bytes.size(),
                [&bytes](auto write) {
                  write(std::span<const std::byte>{bytes});
                });
  }

  bool hold(const offer& x) {
    return grants.hold(from, via, frame{from.id(), 77, x}, {this, x.length});
  }

  /// Looks after copies until none is under way.
  void work() {
    do
      grants.fetch();
    while (gpus->under_way() > 0);
    grants.tell(1000);
    settle();
  }

  bool withdrawn() {
    auto result = std::make_shared<bool>(false);
    grants.withdraw(withdrawal{secret, {from.id(), 77}, {}},
                    [result] { *result = true; });
    released = result;
    return *released;
  }

  size_t count(std::byte x) const {
    return static_cast<size_t>(std::ranges::count(memory->view(), x));
  }

  uint64_t size;
  static transport_options small_chunks() {
    transport_options result;
    result.chunk_size = 4096;
    return result;
  }

  transport_options options = small_chunks();
  owner_table routes;
  token secret{1, 2};
  fake_link from{11};
  fake_lane via;
  fenced_memory_ptr memory = gpus->allocate(cuda(1), size);
  inbound grants{options, routes, [](link_id) {},
                 std::chrono::steady_clock::now, &room};
  std::shared_ptr<bool> released;
};

constexpr std::byte fill{7};

} // namespace

TEST_CASE("bytes for a GPU count once they are copied") {
  staged_fixture x;
  x.take(x.header(0, 4, 4), fill);
  x.take(x.header(4, 4, 4), fill);
  x.settle();
  CHECK(x.log->claimed.size() == 1);
  CHECK(x.log->progress.empty());
  x.take(x.header(8, 2, 4), fill);
  x.gpus->hold();
  for (auto n = 0; n < 5; ++n)
    x.grants.fetch();
  x.settle();
  CHECK(x.log->landed.empty());
  CHECK(x.grants.ready());
  x.gpus->let_go();
  x.work();
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(x.count(fill) == 10);
}

TEST_CASE("a chunk for a GPU is fetched to host memory first") {
  staged_fixture x;
  REQUIRE(x.hold(x.header(0, 10, 10)));
  x.work();
  REQUIRE(x.via.fetches.size() == 1);
  CHECK_FALSE(x.via.fetches[0].target.on_device());
  x.via.end_first(fill);
  CHECK(x.count(fill) == 0);
  x.work();
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(x.count(fill) == 10);
}

TEST_CASE("a lane that writes the memory of GPUs gets it as it is") {
  staged_fixture x;
  x.via.direct = true;
  REQUIRE(x.hold(x.header(0, 10, 10)));
  x.work();
  REQUIRE(x.via.fetches.size() == 1);
  CHECK(x.via.fetches[0].target.on_device());
  x.via.end_first(fill);
  x.settle();
  CHECK(x.log->landed == std::vector<uint64_t>{10});
  CHECK(x.gpus->copies() == 0);
}

TEST_CASE("a large chunk is fetched in parts if the lane can") {
  staged_fixture x{10'000};
  x.via.divisible = true;
  REQUIRE(x.hold(x.header(0, 10'000, 10'000)));
  x.work();
  REQUIRE(x.via.fetches.size() == 3);
  CHECK(x.via.fetches[2].length == 10'000 - 2 * 4096);
  for (auto n = 0; n < 3; ++n)
    x.via.end_first(fill);
  x.work();
  CHECK(x.log->landed == std::vector<uint64_t>{10'000});
  CHECK(x.count(fill) == 10'000);
}

TEST_CASE("a chunk offered in passing is given back, in one piece") {
  staged_fixture x{10'000};
  x.via.divisible = true;
  auto header = x.header(0, 10'000, 10'000);
  header.cell = 1;
  header.seal = 2;
  header.block = 3;
  header.passing = true;
  REQUIRE(x.hold(header));
  x.work();
  REQUIRE(x.via.fetches.size() == 1);
  x.via.end_first(fill);
  auto verdicts = x.grants.take_verdicts();
  REQUIRE(verdicts.size() == 1);
  CHECK(std::get<chunk_fetched>(verdicts[0].content).offset == 0);
  x.work();
  CHECK(x.log->landed == std::vector<uint64_t>{10'000});
}

TEST_CASE("chunks wait for room, and others' do not wait for them") {
  constexpr uint64_t mib = 1 << 20;
  staged_fixture x{4 * mib};
  std::vector<std::byte> target(10);
  x.grants.install(sink{{5, 6}, test::describe(target), 10, {}, x.owner});
  for (uint64_t i = 0; i < 4; ++i)
    REQUIRE(x.hold(x.header(i * mib, mib, mib)));
  REQUIRE(x.grants.hold(x.from, x.via,
                        frame{11, 78, offer{{5, 6}, 0, 10, 10, 10}}, {&x, 10}));
  x.work();
  CHECK(x.via.fetches.size() == 3); // two, as there is room, and the other
  x.via.end_first(fill);
  CHECK(target[0] == fill); // it was first
  for (auto n = 0; n < 4; ++n) {
    x.via.end_first(fill);
    x.work();
  }
  CHECK(x.log->landed == std::vector<uint64_t>{10, 4 * mib});
}

TEST_CASE("bytes that come unasked wait for room, too") {
  constexpr uint64_t mib = 1 << 20;
  staged_fixture x{8 * mib};
  for (uint64_t i = 0; i < 8; ++i)
    x.take(x.header(i * mib, mib, mib), fill);
  CHECK(x.grants.congested());
  x.gpus->hold();
  for (auto n = 0; n < 5; ++n)
    x.grants.fetch();
  CHECK(x.gpus->copies() == 2);
  CHECK(x.grants.congested());
  x.gpus->let_go();
  for (auto n = 0; x.grants.ready() && n < 100; ++n)
    x.grants.fetch();
  x.settle();
  CHECK_FALSE(x.grants.congested());
  CHECK(x.log->landed == std::vector<uint64_t>{8 * mib});
  CHECK(x.count(fill) == 8 * mib);
}

TEST_CASE("a GPU's memory is not let go while a copy writes it") {
  staged_fixture x;
  x.take(x.header(0, 4, 4), fill);
  x.gpus->hold();
  x.grants.fetch();
  x.settle();
  CHECK_FALSE(x.withdrawn());
  x.take(x.header(4, 4, 4), fill); // comes too late
  x.gpus->let_go();
  x.work();
  CHECK(*x.released);
  CHECK(x.count(fill) == 4);
}

TEST_CASE("what is not copied yet when a transfer ends never is") {
  staged_fixture x;
  x.take(x.header(0, 4, 4), fill);
  CHECK_FALSE(x.withdrawn());
  x.work();
  CHECK(*x.released);
  CHECK(x.count(fill) == 0);
  CHECK(x.gpus->copies() == 0);
}

TEST_CASE("a copy to a GPU that fails ends its transfer") {
  staged_fixture x;
  x.gpus->fail_after(0);
  x.take(x.header(0, 4, 4), fill);
  x.take(x.header(4, 4, 4), fill);
  x.work();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::device_error);
  CHECK(x.withdrawn());
}

TEST_CASE("a chunk that will never fit our room ends its transfer") {
  constexpr uint64_t mib = 1 << 20;
  staged_fixture x{4 * mib};
  REQUIRE(x.hold(x.header(0, 4 * mib, 4 * mib)));
  x.work();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::limit_reached);
  CHECK(x.via.dropped == 1);
  CHECK(x.withdrawn());
}

TEST_CASE("damaged bytes never reach a GPU") {
  staged_fixture x;
  auto header = x.header(0, 10, 10);
  header.checksum = 4711;
  SECTION("that come unasked") {
    x.take(header, fill);
  }
  SECTION("that are fetched") {
    REQUIRE(x.hold(header));
    x.work();
    x.via.end_first(fill);
  }
  x.work();
  REQUIRE(x.log->failed.size() == 1);
  CHECK(code_of(x.log->failed[0]) == errc::integrity_error);
  CHECK(x.count(fill) == 0);
}

TEST_CASE("a link that goes while bytes are copied fails the transfer once") {
  staged_fixture x;
  x.take(x.header(0, 4, 4), fill);
  x.gpus->hold();
  x.grants.fetch();
  x.grants.fail(11, make_error(errc::peer_lost, "gone"));
  x.gpus->let_go();
  x.work();
  CHECK(x.log->failed.size() == 1);
  CHECK(x.withdrawn());
}
