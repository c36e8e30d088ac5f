// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"

#include <caf/sec.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace rdma;

TEST_CASE("every error code round-trips through its name and its number") {
  std::set<std::string> names;
  for (int i = 0; i <= UINT8_MAX; ++i) {
    auto x = errc::none;
    if (!from_integer(static_cast<uint8_t>(i), x))
      continue;
    CHECK(static_cast<int>(x) == i);
    auto y = errc::none;
    REQUIRE(from_string(to_string(x), y));
    CHECK(x == y);
    names.insert(to_string(x));
  }
  CHECK(names.size() == 36);
  CHECK(names.count("peer_lost") == 1);
}

TEST_CASE("an unknown number or name is no error code") {
  auto x = errc::peer_lost;
  CHECK(!from_integer(100, x));
  CHECK(!from_integer(255, x));
  CHECK(!from_string("", x));
  CHECK(!from_string("PEER_LOST", x));
  CHECK(x == errc::peer_lost);
  CHECK(to_string(static_cast<errc>(255)) == "errc(255)");
}

TEST_CASE("an error keeps its code and its sentence") {
  auto err = make_error(errc::peer_lost, "UCX: Endpoint timeout");
  CHECK(err == errc::peer_lost);
  CHECK(code_of(err) == errc::peer_lost);
  CHECK(reason_of(err) == "UCX: Endpoint timeout");
  CHECK(caf::to_string(err).find("peer_lost") != std::string::npos);
}

TEST_CASE("an error without a sentence gives its code as the reason") {
  CHECK(reason_of(caf::error{errc::link_reset}) == "link_reset");
  CHECK(reason_of(caf::error{}) == "none");
}

TEST_CASE("an error of another category has no code of ours") {
  auto err = caf::make_error(caf::sec::request_timeout);
  CHECK(code_of(err) == errc::none);
  CHECK(reason_of(err).find("request_timeout") != std::string::npos);
  CHECK(code_of(caf::error{}) == errc::none);
}
