// SPDX-License-Identifier: BSD-3-Clause

// Fetching in place, out of our own process and out of a child.

#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/lanes/local/exposure.hpp"
#include "caf_rdma/transport/lanes/local_lane.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <numeric>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr size_t piece = 4096;

std::vector<std::byte> make_bytes(size_t n) {
  std::vector<std::byte> xs(n);
  for (size_t i = 0; i < n; ++i)
    xs[i] = static_cast<std::byte>(i * 7 + i / 251);
  return xs;
}

/// Cuts memory into blocks of `n` bytes.
block_list cut(std::byte* data, size_t size, size_t n) {
  descriptor_list xs;
  for (size_t i = 0; i < size; i += n)
    xs.emplace_back(static_cast<void*>(data + i), std::min(n, size - i));
  return block_list{std::move(xs)};
}

struct lane_fixture {
  /// Offers all of `data` in one chunk.
  offer expose(const block_list& data) {
    exposed = local::exposure{cells, data};
    auto size = data.size();
    return {secret,
            0,
            static_cast<uint32_t>(size),
            static_cast<uint32_t>(size),
            size,
            exposed.cell(),
            exposed.seal(),
            exposed.only_block()};
  }

  void fetch(const offer& what, const block_list& to, pid_t from = getpid()) {
    lane.fetch(lane.hold(from, what), to, what.offset, observer, tag);
  }

  /// Reads until the fetch has ended; returns its status.
  ucs_status_t finish() {
    for (auto i = 0; observer.ends.empty(); ++i) {
      REQUIRE(i < 100'000);
      lane.progress();
    }
    REQUIRE(observer.ends.size() == 1);
    CHECK(observer.ends[0].tag == tag);
    CHECK(lane.idle());
    return observer.ends[0].status;
  }

  errc code() const {
    return code_of(lane.explain(observer.ends.at(0).status));
  }

  token secret{1, 2};
  ucx::request_tag tag{1, 2, 0};
  local::cell_pool cells;
  local::exposure exposed;
  local_lane lane{piece};
  recording_observer observer;
};

} // namespace

TEST_CASE("bytes are fetched in place, however the two sides are cut") {
  auto size = GENERATE(size_t{1}, piece - 1, piece, piece + 1, 10 * piece + 17);
  auto source_cut = GENERATE(size_t{1} << 20, size_t{100}, size_t{5000});
  auto target_cut = GENERATE(size_t{1} << 20, size_t{37}, size_t{5000});
  CAPTURE(size, source_cut, target_cut);
  auto bytes = make_bytes(size);
  std::vector<std::byte> target(size);
  lane_fixture x;
  x.fetch(x.expose(cut(bytes.data(), size, source_cut)),
          cut(target.data(), size, target_cut));
  CHECK(x.finish() == UCS_OK);
  CHECK(x.observer.ends[0].length == size);
  CHECK(target == bytes);
}

TEST_CASE("a chunk in the middle of a transfer is fetched to its place") {
  auto bytes = make_bytes(30'000);
  std::vector<std::byte> target(bytes.size());
  lane_fixture x;
  auto what = x.expose(cut(bytes.data(), bytes.size(), 700));
  what.chunk_size = 10'000;
  what.offset = 10'000;
  what.length = 10'000;
  x.fetch(what, cut(target.data(), target.size(), 900));
  CHECK(x.finish() == UCS_OK);
  CHECK(std::equal(target.begin() + 10'000, target.begin() + 20'000,
                   bytes.begin() + 10'000));
  CHECK(std::all_of(target.begin(), target.begin() + 10'000,
                    [](auto b) { return b == std::byte{}; }));
  CHECK(std::all_of(target.begin() + 20'000, target.end(),
                    [](auto b) { return b == std::byte{}; }));
}

TEST_CASE("one fetch does not wait for another") {
  auto bytes = make_bytes(100 * piece);
  std::vector<std::byte> target(bytes.size());
  std::vector<std::byte> small(10);
  lane_fixture x;
  lane_fixture y;
  x.fetch(x.expose(cut(bytes.data(), bytes.size(), bytes.size())),
          cut(target.data(), target.size(), target.size()));
  auto what = y.expose(cut(bytes.data(), 10, 10));
  x.lane.fetch(x.lane.hold(getpid(), what), cut(small.data(), 10, 10), 0,
               y.observer, {3, 4, 0});
  x.lane.progress();
  x.lane.progress();
  CHECK(y.observer.ends.size() == 1);
  CHECK(x.observer.ends.empty());
  CHECK(x.finish() == UCS_OK);
}

TEST_CASE("bytes of a source that has taken its memory back do not count") {
  auto blocks = GENERATE(size_t{1}, size_t{3});
  auto bytes = make_bytes(2 * piece);
  std::vector<std::byte> target(bytes.size());
  lane_fixture x;
  auto what = x.expose(cut(bytes.data(), bytes.size(), bytes.size() / blocks));
  x.fetch(what, cut(target.data(), target.size(), target.size()));
  SECTION("before the first piece") {
    x.exposed = {};
  }
  SECTION("after the first piece") {
    x.lane.progress();
    CHECK(x.observer.ends.empty());
    x.exposed = {};
  }
  SECTION("and has exposed other memory with the same cell") {
    x.exposed = {};
    x.exposed = local::exposure{x.cells, cut(bytes.data(), piece, piece)};
    CHECK(x.exposed.cell() == what.cell);
  }
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::link_reset);
}

TEST_CASE("what a source's memory holds after its end never stays with who "
          "still reads it") {
  auto blocks = GENERATE(size_t{1}, size_t{3});
  auto target_cut = GENERATE(size_t{1} << 20, size_t{1000});
  auto begun = GENERATE(false, true);
  CAPTURE(blocks, target_cut, begun);
  auto size = 3 * piece;
  std::vector<std::byte> bytes(size, std::byte{1});
  std::vector<std::byte> target(size, std::byte{2});
  lane_fixture x;
  x.fetch(x.expose(cut(bytes.data(), size, size / blocks)),
          cut(target.data(), size, target_cut));
  if (begun)
    x.lane.progress();
  x.exposed = {};
  std::ranges::fill(bytes, std::byte{3}); // somebody else's
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::link_reset);
  CHECK(std::ranges::count(target, std::byte{3}) == 0);
  CHECK(std::ranges::count(target, std::byte{1})
        == static_cast<ptrdiff_t>(begun ? piece : 0));
}

TEST_CASE(
  "memory that is not mapped any more ends the fetch, not the process") {
  constexpr size_t size = 16 * piece;
  auto* memory = static_cast<std::byte*>(mmap(
    nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(memory != MAP_FAILED);
  std::vector<std::byte> target(size);
  lane_fixture x;
  x.fetch(x.expose(cut(memory, size, size)),
          cut(target.data(), target.size(), target.size()));
  x.lane.progress();
  munmap(memory, size);
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::transport_failure);
}

TEST_CASE("a source that dies in mid-fetch ends it") {
  auto bytes = make_bytes(4 * piece);
  std::vector<std::byte> target(bytes.size());
  lane_fixture x;
  // A child has the same memory at the same addresses.
  auto what = x.expose(cut(bytes.data(), bytes.size(), bytes.size()));
  auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0)
    for (;;)
      pause();
  x.fetch(what, cut(target.data(), target.size(), target.size()), child);
  x.lane.progress();
  CHECK(target[0] == bytes[0]);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::peer_lost);
}

TEST_CASE("a fetch that is stopped writes nothing any more") {
  auto bytes = make_bytes(3 * piece);
  std::vector<std::byte> target(bytes.size());
  lane_fixture x;
  x.fetch(x.expose(cut(bytes.data(), bytes.size(), bytes.size())),
          cut(target.data(), target.size(), target.size()));
  x.lane.progress();
  x.lane.stop({1, 3}); // another grant's
  CHECK(x.observer.ends.empty());
  x.lane.stop(x.secret);
  REQUIRE(x.observer.ends.size() == 1);
  CHECK(x.observer.ends[0].status != UCS_OK);
  CHECK(x.lane.idle());
  auto before = target;
  x.lane.progress();
  CHECK(target == before);
}

TEST_CASE("a chunk that is held and dropped leaves nothing") {
  lane_fixture x;
  auto bytes = make_bytes(10);
  x.lane.drop(x.lane.hold(getpid(), x.expose(cut(bytes.data(), 10, 10))));
  CHECK(x.lane.idle());
}

TEST_CASE("blocks that do not add up to the transfer are refused") {
  auto bytes = make_bytes(100);
  std::vector<std::byte> target(120);
  lane_fixture x;
  auto what = x.expose(cut(bytes.data(), bytes.size(), 30));
  what.total = what.chunk_size = what.length = GENERATE(90u, 120u);
  x.fetch(what, cut(target.data(), what.total, 1000));
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::protocol_violation);
  CHECK(target == std::vector<std::byte>(target.size()));
}

TEST_CASE("blocks at equal distances are fetched in place") {
  auto bytes = make_bytes(10 * piece);
  std::vector<std::byte> target(3 * piece + 5);
  lane_fixture x;
  auto rows
    = cut(bytes.data(), bytes.size(), bytes.size())
        .select({{0, static_cast<uint32_t>(piece), 1, 3, 10}, {0, 1, 2, 5, 0}});
  x.fetch(x.expose(rows), cut(target.data(), target.size(), 7));
  CHECK(x.finish() == UCS_OK);
  for (size_t i = 0; i < 3 * piece; ++i)
    REQUIRE(target[i] == bytes[1 + i / 3 * 10 + i % 3]);
  CHECK(std::equal(target.end() - 5, target.end(), &bytes[2]));
}

TEST_CASE("runs of blocks that cannot be are refused") {
  auto bytes = make_bytes(100);
  std::vector<std::byte> target(100);
  auto address = reinterpret_cast<uintptr_t>(bytes.data());
  auto run = GENERATE_COPY(memory_run{address, 0, 0, 1},
                           memory_run{address, 100, 0, 0},
                           memory_run{address, 10, 9, 10},
                           memory_run{address, 1, UINT64_MAX / 2, 100},
                           memory_run{address, 2, 2, UINT64_MAX / 2 + 51},
                           memory_run{UINT64_MAX - 98, 100, 0, 1});
  lane_fixture x;
  local::source_cell cell{{7}, 1, reinterpret_cast<uintptr_t>(&run)};
  x.fetch({x.secret, 0, 100, 100, 100, reinterpret_cast<uintptr_t>(&cell), 7},
          cut(target.data(), 100, 100));
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::protocol_violation);
}

TEST_CASE("a list of runs names no more blocks than a selection may") {
  auto more = GENERATE(uint64_t{0}, uint64_t{1});
  auto total = max_selected_blocks + more;
  std::vector<std::byte> bytes(2 * total);
  std::vector<std::byte> target(total);
  memory_run run{reinterpret_cast<uintptr_t>(bytes.data()), 1, 2, total};
  lane_fixture x;
  local::source_cell cell{{7}, 1, reinterpret_cast<uintptr_t>(&run)};
  auto size = static_cast<uint32_t>(total);
  x.fetch({x.secret, 0, size, size, total, reinterpret_cast<uintptr_t>(&cell),
           7},
          cut(target.data(), total, total));
  CHECK((x.finish() == UCS_OK) == (more == 0));
  CHECK((more == 0 || x.code() == errc::protocol_violation));
}

TEST_CASE("nobody offers in place without having been tried out") {
  std::vector<std::byte> target(10);
  auto bytes = make_bytes(10);
  lane_fixture x;
  x.fetch(x.expose(cut(bytes.data(), 10, 10)), cut(target.data(), 10, 10), 0);
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::protocol_violation);
  CHECK(target == std::vector<std::byte>(10));
}

TEST_CASE(
  "an offer that names no memory of the source is an error of its own") {
  std::vector<std::byte> target(10);
  auto bytes = make_bytes(10);
  lane_fixture x;
  auto what = x.expose(cut(bytes.data(), bytes.size(), bytes.size()));
  SECTION("no cell") {
    what.block = 0;
    what.cell = 8;
  }
  SECTION("no block") {
    what.block = 8;
  }
  x.fetch(what, cut(target.data(), 10, 10));
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::transport_failure);
}

TEST_CASE("a fetch of higher priority goes first; equal ones take turns") {
  auto bytes = make_bytes(4 * piece);
  std::vector<std::vector<std::byte>> targets(3, bytes);
  lane_fixture x;
  std::vector<local::exposure> exposures;
  auto fetch = [&](size_t i, priority prio) {
    auto what = x.expose(cut(bytes.data(), bytes.size(), bytes.size()));
    exposures.push_back(std::move(x.exposed));
    what.priority = prio;
    x.lane.fetch(x.lane.hold(getpid(), what),
                 cut(targets[i].data(), bytes.size(), bytes.size()), 0,
                 x.observer, {1, 2, i});
  };
  fetch(0, priority::normal);
  x.lane.progress();
  fetch(1, priority::high);
  fetch(2, priority::normal);
  while (!x.lane.idle())
    x.lane.progress();
  REQUIRE(x.observer.ends.size() == 3);
  CHECK(x.observer.ends[0].tag[2] == 1);
  CHECK(x.observer.ends[1].tag[2] == 0); // it had begun
  CHECK(x.observer.ends[2].tag[2] == 2);
}

TEST_CASE("a lane that shares the loop reads less at a time, for a while") {
  auto size = 1000 * piece;
  auto bytes = make_bytes(size);
  std::vector<std::byte> target(size);
  lane_fixture x;
  x.fetch(x.expose(cut(bytes.data(), size, size)),
          cut(target.data(), size, size));
  auto landed = [&] {
    return size
           - static_cast<size_t>(
             std::count(target.rbegin(), target.rend(), std::byte{0}));
  };
  auto read_in = [&](int rounds) {
    std::fill(target.begin(), target.end(), std::byte{0});
    for (auto i = 0; i < rounds; ++i)
      x.lane.progress();
    return landed();
  };
  std::fill(bytes.begin(), bytes.end(), std::byte{1});
  CHECK(read_in(4) == 4 * piece);
  x.lane.share();
  CHECK(read_in(4) == 4 * piece / 8);
  read_in(100);
  CHECK(read_in(4) == 4 * piece);
}

TEST_CASE("of memory that cannot be read or written it is said whose it is") {
  constexpr size_t size = 4 * piece;
  auto map = [](int protection) {
    auto* result = static_cast<std::byte*>(
      mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(result != MAP_FAILED);
    return result;
  };
  auto* source = map(PROT_READ | PROT_WRITE);
  auto* target = map(PROT_READ | PROT_WRITE);
  // The first page is good, and what goes wrong is in the middle of a piece.
  auto* in_source = source + piece - 100;
  auto* in_target = target + piece - 100;
  auto length = size - piece;
  lane_fixture x;
  x.fetch(x.expose(cut(in_source, length, length)),
          cut(in_target, length, length));
  auto says = [&x](const char* text) {
    return reason_of(x.lane.explain(x.observer.ends.at(0).status)).find(text)
           != std::string::npos;
  };
  SECTION("a target that is read-only") {
    mprotect(target + piece, piece, PROT_READ);
    CHECK(x.finish() != UCS_OK);
    CHECK(x.code() == errc::read_only_memory);
    CHECK(says("the destination's memory"));
  }
  SECTION("a target that is gone") {
    munmap(target, size);
    CHECK(x.finish() != UCS_OK);
    CHECK(x.code() == errc::read_only_memory);
    CHECK(says("the destination's memory"));
  }
  SECTION("a source that is gone in part") {
    munmap(source + piece, piece);
    CHECK(x.finish() != UCS_OK);
    CHECK(x.code() == errc::transport_failure);
    CHECK(says("the source's memory"));
    CHECK(x.observer.ends[0].length == 100); // all that was there has come
  }
  SECTION("a source that nobody may read") {
    mprotect(source, size, PROT_NONE);
    CHECK(x.finish() != UCS_OK);
    CHECK(x.code() == errc::transport_failure);
    CHECK(says("the source's memory"));
  }
  SECTION("both") {
    mprotect(target, size, PROT_READ);
    munmap(source, size);
    CHECK(x.finish() != UCS_OK);
    CHECK(says("the source's memory"));
  }
  CHECK_FALSE(x.lane.refused(x.observer.ends[0].status));
  munmap(source, size);
  munmap(target, size);
}

TEST_CASE("memory of our own process that is the target, too, is refused") {
  auto bytes = make_bytes(3 * piece);
  auto before = bytes;
  auto blocks = GENERATE(size_t{100}, 2 * piece);
  lane_fixture x;
  SECTION("all but one byte") {
    x.fetch(x.expose(cut(bytes.data(), 2 * piece, blocks)),
            cut(bytes.data() + 1, 2 * piece, 5000));
  }
  SECTION("in another chunk") {
    auto what = x.expose(cut(bytes.data(), 2 * piece, blocks));
    what.chunk_size = what.length = piece;
    what.offset = piece;
    x.fetch(what, cut(bytes.data() + 2 * piece - 1, 2 * piece, 5000));
  }
  CHECK(x.finish() != UCS_OK);
  CHECK(x.code() == errc::bad_selection);
  CHECK(bytes == before);
}
