// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/links/fake_link.hpp"
#include "caf_rdma/transport/transfers/owner_table.hpp"

using namespace rdma;
using namespace rdma::test;

namespace {

const transfer_ended complete{status::complete, errc::none, "", 5};

} // namespace

TEST_CASE("a route leads to its owner until it is retired") {
  owner_fixture x;
  owner_table routes;
  transfer_key key{1, 2};
  CHECK(routes.find(key) == nullptr);
  routes.add(key, x.owner);
  REQUIRE(routes.find(key) != nullptr);
  CHECK(*routes.find(key) == x.owner);
  CHECK(routes.find({2, 1}) == nullptr);
  CHECK(routes.epitaph(key) == nullptr);
  CHECK(routes.size() == 1);
  routes.retire(key, complete);
  CHECK(routes.find(key) == nullptr);
  REQUIRE(routes.epitaph(key) != nullptr);
  CHECK(*routes.epitaph(key) == complete);
  CHECK(routes.size() == 0);
}

TEST_CASE("what had no route leaves no epitaph") {
  owner_table routes;
  routes.retire({1, 2}, complete);
  routes.retire({}, complete);
  CHECK(routes.epitaph({1, 2}) == nullptr);
  CHECK(routes.epitaph({}) == nullptr);
}

TEST_CASE("only the latest epitaphs are remembered") {
  owner_fixture x;
  owner_table routes;
  for (uint64_t i = 1; i <= owner_table::max_epitaphs + 10; ++i) {
    routes.add({1, i}, x.owner);
    routes.retire({1, i}, complete);
  }
  CHECK(routes.epitaph({1, 10}) == nullptr);
  CHECK(routes.epitaph({1, 11}) != nullptr);
  CHECK(routes.epitaph({1, owner_table::max_epitaphs + 10}) != nullptr);
}

TEST_CASE("a transfer that is retired twice has the later epitaph") {
  owner_fixture x;
  owner_table routes;
  transfer_ended failed{status::errored, errc::peer_lost, "", 0};
  routes.add({1, 1}, x.owner);
  routes.retire({1, 1}, complete);
  routes.add({1, 1}, x.owner);
  routes.retire({1, 1}, failed);
  CHECK(*routes.epitaph({1, 1}) == failed);
}
