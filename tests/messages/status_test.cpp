// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/status.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

TEST_CASE("every status round-trips through its name and its number") {
  int known = 0;
  for (int i = 0; i <= UINT8_MAX; ++i) {
    auto x = status::uninitialized;
    if (!from_integer(static_cast<uint8_t>(i), x))
      continue;
    ++known;
    auto y = status::uninitialized;
    REQUIRE(from_string(to_string(x), y));
    CHECK(x == y);
    CHECK(static_cast<int>(y) == i);
  }
  CHECK(known == 6);
  CHECK(to_string(status::in_progress) == "IN_PROGRESS");
}

TEST_CASE("an unknown number or name is no status") {
  auto x = status::complete;
  CHECK(!from_integer(6, x));
  CHECK(!from_string("complete", x));
  CHECK(!from_string("", x));
  CHECK(x == status::complete);
}

TEST_CASE("a report prints what happened and why") {
  report x{status::errored, 10,   20,
           "ucx",           "w2", make_error(errc::peer_lost, "gone")};
  CHECK(to_string(x) == "ERRORED 10/20 B over ucx, peer w2: gone");
  CHECK(to_string(report{}) == "UNINITIALIZED 0/0 B");
}

TEST_CASE("reports differ if any field differs") {
  report x{status::in_progress, 10, 20, "ucx", "w2", {}};
  auto y = x;
  CHECK(x == y);
  y.bytes = 11;
  CHECK(!(x == y));
  y = x;
  y.reason = make_error(errc::peer_lost, "gone");
  CHECK(!(x == y));
}
