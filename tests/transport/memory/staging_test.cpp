// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/memory/staging_fixture.hpp"

#include "caf_rdma/messages/error.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <vector>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr size_t mib = 1 << 20;

struct copies : staging_fixture {
  using staging_fixture::staging_fixture;

  descriptor take(size_t size) {
    REQUIRE(room.has_room(size));
    auto result = room.acquire(size);
    REQUIRE(result);
    return *result;
  }

  void copy(const block_list& memory, uint64_t offset, const descriptor& host) {
    room.copy(memory, offset, host, [this](const caf::error& reason) {
      ends.push_back(code_of(reason));
    });
  }

  void drain() {
    for (auto n = 0; room.busy(); ++n) {
      REQUIRE(n < 1000);
      room.progress();
    }
  }

  std::vector<errc> ends;
};

} // namespace

TEST_CASE("bytes pass from a GPU through host memory to another one") {
  copies out{copy_direction::to_host};
  auto from = out.counting(1000);
  auto host = out.take(500);
  out.copy(out.describe(from), 100, host);
  CHECK(out.room.busy());
  CHECK(out.ends.empty());
  out.drain();
  CHECK(out.ends == std::vector{errc::none});
  CHECK(out.equal({host.data(), 500}, from->view().subspan(100, 500)));
}

TEST_CASE("one copy may concern blocks of the CPU and of several GPUs") {
  copies in{copy_direction::to_device};
  auto first = in.gpus->allocate(cuda(0), 10);
  auto second = in.gpus->allocate(cuda(1), 10);
  std::vector<std::byte> third(10);
  block_list all{{descriptor{first->address(), 10, cuda(0)},
                  descriptor{third.data(), 10, cpu},
                  descriptor{second->address(), 10, cuda(1)}}};
  auto host = in.take(24);
  std::fill_n(host.data(), 24, std::byte{7});
  in.copy(all, 3, host);
  in.drain();
  CHECK(in.ends == std::vector{errc::none});
  auto sevens = [](std::span<const std::byte> xs) {
    return std::ranges::count(xs, std::byte{7});
  };
  CHECK(sevens(first->view()) == 7);
  CHECK(sevens(third) == 10);
  CHECK(sevens(second->view()) == 7);
}

TEST_CASE("there is room again once the last one who holds it has gone") {
  copies x{copy_direction::to_host, 2 * mib};
  auto memory = x.counting(mib);
  std::optional<descriptor> first{x.take(mib)};
  std::optional<descriptor> second{x.take(mib)};
  CHECK_FALSE(x.room.has_room(mib));
  x.copy(x.describe(memory), 0, *first);
  first.reset();
  CHECK_FALSE(x.room.has_room(mib)); // the copy holds it
  x.drain();
  CHECK(x.room.has_room(mib));
  CHECK(x.room.acquire(mib));
}

TEST_CASE("room of one size becomes room of another") {
  copies x{copy_direction::to_host, 2 * mib};
  for (auto size : {size_t{4096}, mib, 2 * mib, size_t{100}, 2 * mib})
    CHECK(x.take(size).size() == size);
}

TEST_CASE("what will never fit is an error, not a wait") {
  copies x{copy_direction::to_host, 2 * mib};
  REQUIRE(x.room.has_room(2 * mib + 1));
  auto found = x.room.acquire(2 * mib + 1);
  REQUIRE_FALSE(found);
  CHECK(code_of(found.error()) == errc::limit_reached);
}

TEST_CASE("a copy that fails says why, and others go on") {
  copies x{copy_direction::to_host};
  auto memory = x.counting(100);
  x.gpus->fail_after(1);
  x.copy(x.describe(memory), 0, x.take(50));
  x.copy(x.describe(memory), 50, x.take(50));
  x.drain();
  x.gpus->heal();
  x.copy(x.describe(memory), 0, x.take(50));
  x.drain();
  CHECK(x.ends == std::vector{errc::none, errc::device_error, errc::none});
}

TEST_CASE("a copy does not wait for those of another GPU") {
  copies x{copy_direction::to_host};
  auto slow = x.counting(100, cuda(0));
  auto quick = x.counting(100, cuda(1));
  x.gpus->hold();
  x.copy(x.describe(slow), 0, x.take(100));
  for (auto i = 0; i < 10; ++i)
    CHECK(x.room.progress() == 0);
  CHECK(x.room.busy());
  x.gpus->let_go();
  x.copy(x.describe(quick), 0, x.take(100));
  x.drain();
  CHECK(x.ends.size() == 2);
}

TEST_CASE("the memory is kept for as long as a copy needs it") {
  copies x{copy_direction::to_host};
  auto memory = x.counting(100);
  std::weak_ptr<fenced_memory> seen = memory;
  x.copy(x.describe(memory), 0, x.take(100));
  memory.reset();
  CHECK_FALSE(seen.expired());
  x.drain();
  CHECK(seen.expired());
  CHECK(x.ends == std::vector{errc::none});
}
