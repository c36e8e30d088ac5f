// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/transport/memory/memory_pool.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace rdma;

namespace {

constexpr size_t kib = 1024;
constexpr size_t mib = 1024 * kib;

struct pool_fixture {
  explicit pool_fixture(size_t max_bytes = 64 * mib) {
    auto add = [this](std::span<std::byte> x) {
      if (refusal == caf::none)
        registered.insert(x.data());
      return refusal;
    };
    auto remove = [this](std::span<std::byte> x) {
      CHECK(registered.erase(x.data()) == 1);
    };
    pool = memory_pool::make(metrics, {add, remove}, max_bytes);
  }

  descriptor allocate(size_t size) {
    auto x = pool->allocate(size);
    if (!x)
      FAIL(to_string(x.error()));
    return *x;
  }

  errc refused(size_t size) {
    auto x = pool->allocate(size);
    REQUIRE_FALSE(x);
    return code_of(x.error());
  }

  int64_t metric(const char* name) {
    return metrics.gauge_singleton("rdma.memory", name, "", "bytes")->value();
  }

  caf::telemetry::metric_registry metrics;
  std::set<std::byte*> registered;
  caf::error refusal;
  memory_pool_ptr pool;
};

bool aligned(const descriptor& x, size_t to) {
  return reinterpret_cast<uintptr_t>(x.data()) % to == 0;
}

/// What the kernel has been asked for: a huge page for that address.
bool wants_huge_pages(const std::byte* data) {
  std::ifstream in{"/proc/self/smaps"};
  auto inside = false;
  for (std::string line; std::getline(in, line);) {
    unsigned long first = 0;
    unsigned long last = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2) {
      auto where = reinterpret_cast<unsigned long>(data);
      inside = first <= where && where < last;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos
             || line.find(" ht") != std::string::npos;
    }
  }
  return false;
}

} // namespace

TEST_CASE("a pool gives out memory of the size asked for, all of it writable") {
  auto size = GENERATE(size_t{1}, 4 * kib, 4 * kib + 1, mib, mib + 1, 2 * mib,
                       5 * mib + 7);
  pool_fixture x;
  auto memory = x.allocate(size);
  CHECK(memory.size() == size);
  CHECK(memory.device() == cpu);
  CHECK_FALSE(memory.read_only());
  CHECK(aligned(memory, size > mib ? 2 * mib : 4 * kib));
  std::memset(memory.data(), 0x5A, size);
}

TEST_CASE("memory that was given out does not overlap") {
  pool_fixture x;
  std::vector<descriptor> all;
  for (auto size : {size_t{1}, 4 * kib, 100 * kib, mib, 3 * mib})
    for (auto i = 0; i < 10; ++i) {
      all.push_back(x.allocate(size));
      std::memset(all.back().data(), static_cast<int>(all.size()), size);
    }
  for (size_t i = 0; i < all.size(); ++i) {
    auto expected = static_cast<std::byte>(i + 1);
    auto* data = all[i].data();
    CHECK(std::all_of(data, data + all[i].size(),
                      [expected](auto y) { return y == expected; }));
  }
}

TEST_CASE("memory that is given back is given out again, as registered") {
  auto size = GENERATE(4 * kib, mib, 5 * mib);
  pool_fixture x;
  std::vector<descriptor> memory(2, x.allocate(size));
  auto* data = memory[0].data();
  memory.pop_back();
  CHECK(x.allocate(size).data() != data); // somebody has it still
  memory.pop_back();
  auto count = x.registered.size();
  std::vector<descriptor> all;
  for (auto i = 0; i < 3; ++i)
    all.push_back(x.allocate(size));
  CHECK(std::ranges::count(all, data, &descriptor::data) == 1);
  CHECK(x.registered.size() <= count + 1);
}

TEST_CASE("small memory is cut out of few slabs") {
  pool_fixture x;
  std::vector<descriptor> all;
  for (auto i = 0; i < 512; ++i)
    all.push_back(x.allocate(4 * kib));
  CHECK(x.registered.size() == 1);
  x.allocate(1);
  CHECK(x.registered.size() == 2);
}

TEST_CASE("a pool says what it holds") {
  pool_fixture x;
  CHECK(x.metric("mapped") == 0);
  {
    auto small = x.allocate(5 * kib);
    auto large = x.allocate(3 * mib);
    CHECK(x.metric("mapped") == 6 * mib);
    CHECK(x.metric("used") == 4 * mib + 8 * kib);
  }
  CHECK(x.metric("used") == 0);
  x.pool = nullptr;
  CHECK(x.metric("mapped") == 0);
}

TEST_CASE("a pool is bounded, and idle memory makes room") {
  pool_fixture x{8 * mib};
  CHECK(x.refused(8 * mib + 1) == errc::limit_reached);
  CHECK(x.refused(SIZE_MAX) == errc::limit_reached);
  CHECK(x.refused(0) == errc::empty_descriptor);
  std::vector<descriptor> first{x.allocate(4 * mib)};
  auto second = x.allocate(4 * mib);
  CHECK(x.refused(1) == errc::limit_reached);
  first.clear();
  CHECK(x.refused(6 * mib) == errc::limit_reached);
  auto third = x.allocate(2 * mib + 1); // in the place of the first
  CHECK(x.registered.size() == 2);
  CHECK(x.metric("mapped") == 8 * mib);
}

TEST_CASE("memory that cannot be registered is not given out") {
  pool_fixture x{2 * mib};
  x.refusal = make_error(errc::transport_failure, "locked memory");
  CHECK(x.refused(1) == errc::transport_failure);
  CHECK(x.refused(2 * mib) == errc::transport_failure);
  CHECK(x.metric("mapped") == 0);
  x.refusal = {};
  x.allocate(1); // the failures have taken no room
}

TEST_CASE("memory outlives its pool's owner, and all that has counted it") {
  auto x = std::make_unique<pool_fixture>();
  auto memory = x->allocate(100);
  auto pool = x->pool;
  pool->retire();
  CHECK(x->metric("used") == 0);
  CHECK(x->metric("mapped") == 0);
  CHECK(code_of(pool->allocate(5 * mib).error()) == errc::shutting_down);
  CHECK(code_of(pool->allocate(100).error()) == errc::shutting_down);
  x = nullptr;
  pool = nullptr;
  std::memset(memory.data(), 1, 100);
}

TEST_CASE("a slab asks for huge pages") {
  if (!std::ifstream{"/sys/kernel/mm/transparent_hugepage/enabled"})
    SKIP("this kernel has no transparent huge pages");
  pool_fixture x;
  CHECK(wants_huge_pages(x.allocate(4 * mib).data()));
}

TEST_CASE("threads may allocate and give back at the same time") {
  caf::telemetry::metric_registry metrics;
  auto pool = memory_pool::make(
    metrics, {[](auto) { return caf::error{}; }, [](auto) {}}, 64 * mib);
  auto work = [&pool](int seed) {
    std::vector<descriptor> mine;
    for (auto i = 0; i < 2000; ++i) {
      auto size = (static_cast<size_t>(seed) * 7919 + i * 104729u) % (3 * mib);
      if (auto y = pool->allocate(1 + size)) {
        *y->data() = static_cast<std::byte>(seed);
        mine.push_back(*y);
      }
      if (mine.size() > 8)
        mine.erase(mine.begin());
      for (auto& y : mine)
        if (*y.data() != static_cast<std::byte>(seed))
          return false;
    }
    return true;
  };
  bool first = false;
  bool second = false;
  std::thread other{[&] { first = work(1); }};
  second = work(2);
  other.join();
  CHECK(first);
  CHECK(second);
}
