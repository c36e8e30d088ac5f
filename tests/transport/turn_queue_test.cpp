// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/turn_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace rdma;

namespace {

constexpr transfer_key a{1, 10};
constexpr transfer_key b{1, 11};
constexpr transfer_key other{2, 10};

struct queue : turn_queue<std::string> {
  void push(const transfer_key& of, std::initializer_list<const char*> xs,
            priority prio = priority::normal) {
    for (auto x : xs)
      turn_queue::push(of, prio, x);
  }

  template <class Predicate>
  std::vector<std::string> drain(Predicate permits) {
    std::vector<std::string> result;
    while (auto x = pop(permits))
      result.push_back(*x);
    return result;
  }

  std::vector<std::string> drain() {
    return drain([](const std::string&) { return true; });
  }
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("transfers of one priority take turns, chunk by chunk") {
  queue xs;
  CHECK(xs.empty());
  xs.push(a, {"a1", "a2", "a3"});
  xs.push(b, {"b1", "b2"});
  CHECK_FALSE(xs.empty());
  CHECK(xs.drain() == strings{"a1", "b1", "a2", "b2", "a3"});
  CHECK(xs.empty());
}

TEST_CASE("a higher priority goes first, however late it comes") {
  queue xs;
  xs.push(a, {"a1", "a2"}, priority::low);
  xs.push({1, 12}, {"c1"}, priority::normal);
  xs.push(b, {"b1", "b2"}, priority::high);
  CHECK(xs.drain() == strings{"b1", "b2", "c1", "a1", "a2"});
}

TEST_CASE("links take turns, whatever the priorities on them") {
  queue xs;
  xs.push(a, {"a1", "a2"}, priority::high);
  xs.push(other, {"o1", "o2"}, priority::low);
  CHECK(xs.drain() == strings{"a1", "o1", "a2", "o2"});
}

TEST_CASE("a link whose turn is not permitted waits, and no other does") {
  queue xs;
  xs.push(a, {"large", "a2"});
  xs.push(b, {"b1"});
  xs.push(other, {"o1", "o2"});
  auto not_large = [](const std::string& x) { return x != "large"; };
  CHECK(xs.drain(not_large) == strings{"o1", "o2"});
  CHECK(xs.drain() == strings{"large", "b1", "a2"});
}

TEST_CASE("what is taken out does not get a turn") {
  queue xs;
  xs.push(a, {"a1", "a2"});
  xs.push(b, {"b1"}, priority::high);
  xs.push(other, {"o1"});
  strings removed;
  auto note = [&removed](const std::string& x) { removed.push_back(x); };
  SECTION("a transfer") {
    xs.remove(a, note);
    CHECK(removed == strings{"a1", "a2"});
    CHECK(xs.drain() == strings{"b1", "o1"});
  }
  SECTION("a transfer that is not there") {
    xs.remove(transfer_key{7, 7}, note);
    CHECK(removed.empty());
    CHECK(xs.drain().size() == 4);
  }
  SECTION("a link") {
    xs.remove(a.link, note);
    CHECK(removed.size() == 3);
    CHECK(xs.drain() == strings{"o1"});
  }
  SECTION("everything") {
    xs.clear(note);
    CHECK(removed.size() == 4);
    CHECK(xs.empty());
    CHECK(xs.drain().empty());
  }
  removed.clear();
  xs.push(a, {"again"});
  CHECK(xs.drain() == strings{"again"});
}
