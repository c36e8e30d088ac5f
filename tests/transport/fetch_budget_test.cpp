// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/fetch_budget.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

namespace {

constexpr uint64_t mib = uint64_t{1} << 20;

struct fixture {
  // Asks for as much as is permitted, all of which takes the same time.
  void round(uint64_t chunk, std::chrono::milliseconds duration) {
    auto n = 0;
    for (; budget.permits(chunk); ++n)
      budget.posted(chunk, now);
    now += duration;
    for (; n > 0; --n)
      budget.done(chunk, now);
  }

  transport_options options;
  fetch_budget budget{options};
  fetch_budget::time_point now;
};

using std::chrono::milliseconds;

} // namespace

TEST_CASE("a fast link soon uses all that the options permit") {
  fixture x;
  CHECK(x.budget.limit() == fetch_budget::least);
  for (int i = 0; i < 30; ++i)
    x.round(mib, milliseconds{1});
  CHECK(x.budget.limit() == x.options.max_inbound_bytes);
}

TEST_CASE("a link that becomes slow asks for less at a time") {
  fixture x;
  for (int i = 0; i < 30; ++i)
    x.round(mib, milliseconds{1});
  x.round(mib, milliseconds{2000});
  CHECK(x.budget.limit() == x.options.max_inbound_bytes / 2);
  for (int i = 0; i < 20; ++i)
    x.round(mib, milliseconds{2000});
  CHECK(x.budget.limit() == fetch_budget::least);
}

TEST_CASE("one fetch is always permitted") {
  fixture x;
  CHECK(x.budget.permits(64 * mib));
  x.budget.posted(64 * mib, x.now);
  CHECK_FALSE(x.budget.permits(1));
  x.budget.done(64 * mib, x.now);
  CHECK(x.budget.permits(64 * mib));
}

TEST_CASE("a budget that is not used up does not grow") {
  fixture x;
  for (int i = 0; i < 100; ++i) {
    x.budget.posted(4096, x.now);
    x.budget.done(4096, x.now);
  }
  CHECK(x.budget.limit() == fetch_budget::least);
}
