// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/flow/fetch_budget.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <deque>

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

  /// Fetches chunks over a link that carries one in `each`, after `delay`, for
  /// as long as that takes for `n` of them. Returns the most that were under
  /// way in the second half.
  size_t run(uint64_t chunk, std::chrono::microseconds delay,
             std::chrono::microseconds each, size_t n) {
    std::deque<fetch_budget::time_point> ends;
    size_t most = 0;
    for (size_t i = 0; i < n; ++i) {
      while (budget.permits(chunk)) {
        budget.posted(chunk, now);
        auto free = ends.empty() ? now + delay
                                 : std::max(now + delay, ends.back());
        ends.push_back(free + each);
      }
      if (i >= n / 2)
        most = std::max(most, ends.size());
      now = ends.front();
      ends.pop_front();
      budget.done(chunk, now);
    }
    for (auto end : ends)
      budget.done(chunk, now = end);
    return most;
  }

  transport_options options;
  fetch_budget budget{options};
  fetch_budget::time_point now;
};

using std::chrono::microseconds;
using std::chrono::milliseconds;

} // namespace

TEST_CASE("a link on which nothing queues soon uses all that is permitted") {
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

TEST_CASE("on a short link about one fetch waits behind another") {
  fixture x;
  auto most = x.run(mib / 2, microseconds{20}, microseconds{150}, 10'000);
  CHECK(most >= 2);
  CHECK(most <= 4);
}

TEST_CASE("a long, fat link is given what it carries") {
  fixture x;
  // 50 chunks are under way while the first bytes travel.
  auto most = x.run(mib / 2, microseconds{10'000}, microseconds{200}, 10'000);
  CHECK(most >= 50);
  CHECK(most <= 75); // what it has tried shows after a round trip
}

TEST_CASE("a link that is quick with small chunks still carries large ones") {
  fixture x;
  x.run(mib / 16, microseconds{20}, microseconds{20}, 1000);
  auto most = x.run(mib, microseconds{20}, microseconds{300}, 1000);
  CHECK(most >= 2);
  CHECK(most <= 4);
}
