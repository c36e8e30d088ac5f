// SPDX-License-Identifier: BSD-3-Clause

// What kv_cluster decides by itself.

#include "caf_rdma/demos/kv_cluster/block_cache.hpp"
#include "caf_rdma/demos/kv_cluster/content.hpp"
#include "caf_rdma/demos/kv_cluster/model.hpp"
#include "caf_rdma/demos/kv_cluster/placement.hpp"
#include "caf_rdma/demos/kv_cluster/reachability.hpp"
#include "caf_rdma/demos/kv_cluster/trace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <sstream>

using namespace kv_cluster;

using ids = std::vector<block_id>;

// -- traces ------------------------------------------------------------------

TEST_CASE("a trace in Mooncake's format is read in the order of its times") {
  std::istringstream in{
    R"({"timestamp": 30, "input_length": 600, "output_length": 5, "hash_ids": [0, 7]})"
    "\n\n"
    R"({"timestamp": 10, "input_length": 9, "output_length": 1, "hash_ids": [3]})"
    "\n"};
  auto found = read_trace(in);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0] == trace_request{std::chrono::milliseconds{10}, 9, 1, {3}});
  CHECK((*found)[1].hash_ids == ids{0, 7});
}

TEST_CASE("what is no trace is refused by line") {
  for (
    auto* text :
    {"nonsense", "[]", "{}",
     R"({"timestamp": 1, "input_length": 1, "output_length": 1})",
     R"({"timestamp": -1, "input_length": 1, "output_length": 1, "hash_ids": [1]})",
     R"({"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": []})",
     R"({"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": ["a"]})"}) {
    INFO(text);
    std::istringstream in{std::string{"\n"} + text};
    auto found = read_trace(in);
    REQUIRE_FALSE(found);
    CHECK(to_string(found.error()).find("line 2") != std::string::npos);
  }
  CHECK_FALSE(read_trace(std::string{"/no/such/file"}));
}

TEST_CASE("a trace that is made up looks like one") {
  auto made = make_trace(500, 1);
  REQUIRE(made.size() == 500);
  CHECK(made == make_trace(500, 1));
  CHECK(made != make_trace(500, 2));
  CHECK(std::ranges::is_sorted(made, {}, &trace_request::timestamp));
  std::set<block_id> seen;
  size_t again = 0;
  size_t all = 0;
  for (auto& x : made) {
    CHECK(x.hash_ids.size()
          == (x.input_length + tokens_per_block - 1) / tokens_per_block);
    for (auto id : x.hash_ids)
      again += !seen.insert(id).second;
    all += x.hash_ids.size();
  }
  CHECK(again > all / 2); // prefixes come again
}

// -- blocks ------------------------------------------------------------------

TEST_CASE("a block of Llama 3 8B has 64 MiB") {
  auto found = find_model("llama-3-8b");
  REQUIRE(found);
  CHECK(found->block_size() == uint64_t{64} << 20);
  CHECK_FALSE(find_model("llama-3-9b"));
}

TEST_CASE("the content of a block tells its name") {
  for (auto size : {size_t{1}, size_t{8}, size_t{100}}) {
    std::vector<std::byte> block(size);
    fill(42, block);
    CHECK(check(42, block));
    CHECK_FALSE(check(43, block));
    for (auto& x : block) {
      x ^= std::byte{1};
      CHECK_FALSE(check(42, block));
      x ^= std::byte{1};
    }
  }
}

TEST_CASE(
  "blocks stay until their room is needed, the last used ones longest") {
  block_cache x{3};
  auto first = x.pin({1, 2, 3});
  REQUIRE(first);
  CHECK(std::ranges::none_of(*first, &block_cache::place::hit));
  std::set<size_t> slots;
  for (auto& y : *first)
    slots.insert(y.slot);
  CHECK(slots.size() == 3);
  CHECK_FALSE(x.pin({4})); // all are in use
  x.unpin({1, 2, 3}, *first, true);
  auto again = x.pin({1});
  REQUIRE(again);
  CHECK(again->front().hit);
  x.unpin({1}, *again, true);
  auto other = x.pin({4});
  REQUIRE(other);
  CHECK_FALSE(x.contains(2));
  CHECK(x.contains(1));
}

TEST_CASE("a block that is wanted makes no room for its own neighbours") {
  block_cache x{2};
  auto first = x.pin({1});
  x.unpin({1}, *first, true);
  auto both = x.pin({2, 1});
  REQUIRE(both);
  CHECK_FALSE(both->front().hit);
  CHECK(both->back().hit);
  CHECK_FALSE(x.pin({3}));
}

TEST_CASE("a block that was never filled is forgotten") {
  block_cache x{2};
  auto first = x.pin({1, 2});
  auto second = x.pin({2});
  CHECK(second->front().hit);
  x.unpin({1, 2}, *first, false);
  CHECK_FALSE(x.contains(1));
  CHECK(x.contains(2)); // somebody else has it pinned
  x.unpin({2}, *second, true);
  CHECK(x.size() == 1);
}

TEST_CASE("too many blocks change nothing") {
  block_cache x{2};
  auto one = x.pin({1});
  x.unpin({1}, *one, true);
  CHECK_FALSE(x.pin({1, 2, 3}));
  CHECK(x.pin({2, 3}));
}

// -- nodes -------------------------------------------------------------------

TEST_CASE("the longest prefix wins, then who has less to do") {
  placement x{2};
  CHECK_FALSE(x.choose({1}));
  x.add("a", 100);
  x.add("b", 100);
  CHECK(x.choose({1, 2}) == "a");
  CHECK(x.choose({9}) == "b");
  x.done("a", {1, 2}, true);
  CHECK(x.choose({1, 2, 3}) == "a");
  CHECK(x.choose({2, 3}) == "a");    // no prefix, and as much to do
  CHECK(x.choose({1, 2, 3}) == "b"); // a has enough
  CHECK_FALSE(x.choose({1}));
  x.done("b", {9}, false);
  CHECK(x.choose({9}) == "b");
}

TEST_CASE("a prefix counts for no more than it saves") {
  placement x{4};
  x.add("a", 100);
  x.add("b", 100);
  CHECK(x.choose({1}) == "a");
  x.done("a", {1}, true);
  CHECK(x.choose({1, 2, 3}) == "a");
  CHECK(x.choose({1, 2, 3}) == "b"); // a has something to do
  x.done("b", {1, 2, 3}, false);
  CHECK(x.choose({1}) == "a"); // which has all of it
}

TEST_CASE("a node gets no more blocks at a time than it has room for") {
  placement x{10};
  x.add("a", 3);
  CHECK(x.choose({1, 2}) == "a");
  CHECK_FALSE(x.choose({3, 4}));
  CHECK(x.choose({3}) == "a");
  x.done("a", {1, 2}, true);
  CHECK_FALSE(x.choose({3, 4, 5}));
  CHECK(x.choose({3, 4}) == "a");
  x.done("a", {3}, false);
  x.done("a", {3, 4}, false);
  CHECK(x.choose({1, 2, 3, 4}) == "a"); // it has to say so itself
}

TEST_CASE("a node that comes back has forgotten everything") {
  placement x{10};
  x.add("a", 100);
  x.add("b", 100);
  x.choose({1});
  x.done("a", {1}, true);
  x.remove("a");
  x.done("a", {2}, true); // comes late
  x.add("a", 100);
  x.choose({5});
  CHECK(x.choose({1}) == "b");
  x.remove("a");
  x.remove("b");
  CHECK(x.empty());
}

TEST_CASE("nodes that are not permitted are not chosen") {
  placement x{4};
  x.add("a", 100);
  x.add("b", 100);
  auto only = [](const std::string& name) {
    return [name](const std::string& y) { return y == name; };
  };
  CHECK(x.choose({1}, only("b")) == "b");
  CHECK(x.choose({1}, only("a")) == "a");
  CHECK_FALSE(x.choose({1}, only("c")));
  CHECK(x.loads() == std::map<std::string, size_t>{{"a", 1}, {"b", 1}});
}

TEST_CASE("nodes that have lost each other are kept apart for a while") {
  reachability x;
  reachability::time_point now{};
  CHECK(x.permits("a", "b", now));
  x.note({"b", "a", false, {}}, now);
  CHECK_FALSE(x.permits("a", "b", now));
  CHECK_FALSE(x.permits("b", "a", now));
  CHECK(x.permits("a", "c", now));
  CHECK(x.broken(now) == 1);
  CHECK(x.permits("a", "b", now + reachability::penalty));
  CHECK(x.broken(now + reachability::penalty) == 0);
  SECTION("until they have met again") {
    x.note({"a", "b", true, {}}, now);
    CHECK(x.permits("a", "b", now));
  }
  SECTION("or one of them is another") {
    x.forget("b");
    CHECK(x.permits("a", "b", now));
  }
}
