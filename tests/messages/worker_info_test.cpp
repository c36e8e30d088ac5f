// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/worker_info.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unordered_set>

using namespace rdma;

TEST_CASE("tokens do not repeat") {
  std::unordered_set<token> xs;
  for (int i = 0; i < 10'000; ++i)
    xs.insert(make_token());
  CHECK(xs.size() == 10'000);
}

TEST_CASE("random ids do not repeat and are never 0") {
  std::unordered_set<uint64_t> xs;
  for (int i = 0; i < 10'000; ++i)
    xs.insert(make_random_id());
  CHECK(xs.size() == 10'000);
  CHECK(xs.count(0) == 0);
}
