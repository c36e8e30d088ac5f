// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/selection.hpp"

#include "caf_rdma/messages/error.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

using namespace rdma;

namespace {

errc code(const selection& xs) {
  return code_of(check(xs, {100, 10}));
}

} // namespace

TEST_CASE("blocks at equal distances become one run") {
  selection xs;
  for (uint64_t i = 0; i < 5; ++i)
    add_block(xs, 1, 7 + 32 * i, 8);
  CHECK(xs == selection{{1, 5, 7, 8, 32}});
  CHECK(block_count(xs) == 5);
  CHECK(total_size(xs) == 40);
}

TEST_CASE("blocks that do not go on begin a run of their own") {
  selection xs{{0, 1, 40, 8, 0}};
  SECTION("of another length") {
    add_block(xs, 0, 48, 4);
  }
  SECTION("of another descriptor") {
    add_block(xs, 1, 48, 8);
  }
  SECTION("that lie before") {
    add_block(xs, 0, 0, 8);
  }
  SECTION("that overlap") {
    add_block(xs, 0, 44, 8);
  }
  SECTION("at another distance") {
    add_block(xs, 0, 50, 8);
    add_block(xs, 0, 61, 8);
  }
  CHECK(xs.size() == 2);
}

TEST_CASE("a selection lies within its descriptors") {
  CHECK(code({}) == errc::none);
  CHECK(code({{0, 1, 0, 100, 0}, {1, 1, 9, 1, 0}}) == errc::none);
  CHECK(code({{0, 10, 5, 5, 10}}) == errc::none);
  CHECK(code({{2, 1, 0, 1, 0}}) == errc::bad_selection);
  CHECK(code({{0, 1, 0, 101, 0}}) == errc::bad_selection);
  CHECK(code({{0, 1, 101, 1, 0}}) == errc::bad_selection);
  CHECK(code({{0, 10, 6, 5, 10}}) == errc::bad_selection);
  CHECK(code({{0, 0, 0, 1, 0}}) == errc::bad_selection);
  CHECK(code({{0, 1, 0, 0, 0}}) == errc::bad_selection);
  CHECK(code({{0, 2, 0, 5, 4}}) == errc::bad_selection);
}

TEST_CASE("numbers that overflow are no way out of a descriptor") {
  CHECK(code({{0, 1, UINT64_MAX, 2, 0}}) == errc::bad_selection);
  CHECK(code({{0, 1, 2, UINT64_MAX, 0}}) == errc::bad_selection);
  CHECK(code({{0, UINT32_MAX, 0, 1, UINT64_MAX}}) == errc::bad_selection);
  CHECK(code({{0, 3, 0, 1, uint64_t{1} << 63}}) == errc::bad_selection);
  CHECK(code({{UINT32_MAX, 1, 0, 1, 0}}) == errc::bad_selection);
}

TEST_CASE("a selection that is checked in parts is bounded as a whole") {
  std::vector<uint64_t> sizes{UINT64_MAX};
  selection most(max_selected_runs, {0, 1, 0, 1, 0});
  selection_sum sum;
  CHECK(check(most, sizes, sum) == caf::none);
  CHECK(sum.bytes == max_selected_runs);
  selection one{{0, 1, 0, 1, 0}};
  CHECK(code_of(check(one, sizes, sum)) == errc::bad_selection);
}

TEST_CASE("a selection has a bounded number of blocks and bytes") {
  std::vector<uint64_t> sizes{UINT64_MAX};
  CHECK(check({{0, uint32_t{max_selected_blocks}, 0, 1, 1}}, sizes)
        == caf::none);
  CHECK(code_of(check({{0, uint32_t{max_selected_blocks} + 1, 0, 1, 1}}, sizes))
        == errc::bad_selection);
  CHECK(code_of(check({{0, 1, 0, UINT64_MAX, 0}, {0, 1, 0, 1, 0}}, sizes))
        == errc::bad_selection);
}
