// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/worker_info.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

TEST_CASE("a forked child draws other tokens than its parent") {
  make_token(); // so that there is something drawn ahead
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto x = make_token();
    _exit(write(ends[1], &x, sizeof(x)) == sizeof(x) ? 0 : 1);
  }
  token theirs;
  REQUIRE(read(ends[0], &theirs, sizeof(theirs)) == sizeof(theirs));
  waitpid(child, nullptr, 0);
  CHECK(theirs != token{});
  CHECK(theirs != make_token());
  close(ends[0]);
  close(ends[1]);
}
