// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/farewells.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;
using namespace std::chrono_literals;

namespace {

constexpr auto start = progress_loop::time_point{};

farewell to(const std::string& peer, progress_loop::time_point since) {
  return {{peer, 1, {}}, frame{1, 0, goodbye{errc::link_reset, "bye"}}, since};
}

} // namespace

TEST_CASE("a farewell is given once, to who asks long enough after the end") {
  farewells uut;
  uut.add(1, to("x", start + 5s));
  CHECK_FALSE(uut.take(1, start + 5s));
  CHECK_FALSE(uut.take(2, start + 6s));
  auto x = uut.take(1, start + 6s);
  REQUIRE(x);
  CHECK(x->peer.id == "x");
  CHECK_FALSE(uut.take(1, start + 6s));
}

TEST_CASE("the oldest farewells are forgotten") {
  farewells uut;
  for (link_id id = 1; id <= farewells::max_size + 1; ++id)
    uut.add(id, to("x", start));
  CHECK_FALSE(uut.take(1, start + 1s));
  CHECK(uut.take(2, start + 1s));
}
