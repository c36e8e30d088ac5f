// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/grant_table.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <vector>

using namespace rdma;

namespace {

struct fixture {
  fixture() {
    what.secret = {1, 2};
    what.memory = descriptor_list{{bytes.data(), 60}, {bytes.data() + 60, 40}};
    what.terms.claims = any_number_of_claims;
    what.terms.blocks = true;
    table.install(what);
  }

  void change_terms() {
    table.install(what);
  }

  open_claim make(uint64_t total = 100, selection blocks = {}) const {
    open_claim result{std::make_shared<claim>()};
    result.said->secret = what.secret;
    result.said->reply_secret = {3, 4};
    result.said->total = total;
    result.said->blocks = std::move(blocks);
    return result;
  }

  errc begin(open_claim x, const std::string& peer = "there") {
    return table.begin(x, peer);
  }

  std::vector<std::byte> bytes = std::vector<std::byte>(100);
  standing_grant what;
  grant_table table;
};

} // namespace

TEST_CASE("a claim must be what was granted") {
  fixture x;
  CHECK(x.begin(x.make()) == errc::none);
  CHECK(x.begin(x.make(99)) == errc::size_mismatch);
  auto writer = x.make();
  writer.said->reply_secret = {};
  CHECK(x.begin(writer) == errc::kind_mismatch);
  auto talker = x.make();
  talker.said->notification = "";
  CHECK(x.begin(talker) == errc::not_granted);
  x.what.terms.workers = {"somebody", "there"};
  x.change_terms();
  CHECK(x.begin(x.make()) == errc::none);
  CHECK(x.begin(x.make(), "elsewhere") == errc::not_granted);
  x.what.terms.blocks = false;
  x.change_terms();
  CHECK(x.begin(x.make(1, {{0, 1, 0, 1, 0}})) == errc::not_granted);
}

TEST_CASE("a claim that is not used up can be made again") {
  fixture x;
  x.what.terms.claims = 2;
  x.change_terms();
  auto first = x.make();
  auto second = x.make();
  CHECK(x.table.begin(first, "there") == errc::none);
  CHECK(x.table.begin(second, "there") == errc::none);
  CHECK(x.begin(x.make()) == errc::already_claimed);
  x.table.end(first, false);
  CHECK(x.table.begin(first, "there") == errc::none);
  x.table.end(first, true);
  CHECK(x.begin(x.make()) == errc::already_claimed);
}

TEST_CASE("a claim gets the blocks that it names, if they are there") {
  fixture x;
  auto good = x.make(20, {{1, 2, 5, 10, 15}});
  REQUIRE(x.table.begin(good, "there") == errc::none);
  REQUIRE(x.table.add(good, good.said->blocks) == caf::none);
  auto memory = x.table.memory_of(good);
  REQUIRE(memory);
  CHECK(memory->size() == 20);
  CHECK(memory->count() == 2);
  std::vector<std::byte*> found;
  memory->for_each(0, 20, [&found](auto y) { found.push_back(y.data()); });
  CHECK(found == std::vector{x.bytes.data() + 65, x.bytes.data() + 80});
  auto outside = x.make(1, {{1, 1, 40, 1, 0}});
  REQUIRE(x.table.begin(outside, "there") == errc::none);
  CHECK(code_of(x.table.add(outside, outside.said->blocks))
        == errc::bad_selection);
  auto less = x.make(21, {{1, 2, 5, 10, 15}});
  REQUIRE(x.table.begin(less, "there") == errc::none);
  REQUIRE(x.table.add(less, less.said->blocks) == caf::none);
  CHECK(code_of(x.table.memory_of(less).error()) == errc::size_mismatch);
}

TEST_CASE("claims are bounded in number, and in the blocks that they name") {
  fixture x;
  open_claim last;
  for (uint64_t i = 0; i < grant_table::max_claims; ++i) {
    last = x.make();
    REQUIRE(x.table.begin(last, "there") == errc::none);
  }
  CHECK(x.begin(x.make()) == errc::limit_reached);
  x.table.end(last, false);
  auto greedy = x.make(1, {{0, 1, 0, 1, 0}});
  greedy.said->more_blocks = uint32_t{grant_table::max_blocks};
  CHECK(x.begin(greedy) == errc::limit_reached);
  --greedy.said->more_blocks;
  CHECK(x.table.begin(greedy, "there") == errc::none);
  x.table.end(greedy, false);
  CHECK(x.begin(x.make(1, {{0, 1, 0, 1, 0}})) == errc::none);
}
