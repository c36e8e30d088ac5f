// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/flow/turn_queue.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

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

  template <class Ask>
  std::vector<std::string> drain(Ask ask) {
    std::vector<std::string> result;
    while (auto x = pop(ask))
      result.push_back(*x);
    return result;
  }

  std::vector<std::string> drain() {
    return drain([](const std::string&) { return admission::in_turn; });
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

TEST_CASE("a link that has to wait is waited for by no other") {
  queue xs;
  xs.push(a, {"large", "a2"});
  xs.push(b, {"b1"});
  xs.push(other, {"o1", "o2"});
  size_t asked = 0;
  auto not_large = [&asked](const std::string& x) {
    ++asked;
    return x == "large" ? admission::link_waits : admission::in_turn;
  };
  CHECK(xs.drain(not_large) == strings{"o1", "o2"});
  asked = 0;
  CHECK(xs.drain(not_large).empty());
  CHECK(asked == 0); // nothing has changed
  SECTION("until it has let go of something") {
    xs.wake(a.link, false);
    CHECK(xs.drain() == strings{"large", "b1", "a2"});
  }
  SECTION("or something else is next on it") {
    SECTION("as what was next is taken out") {
      xs.remove(a, [](const std::string&) {});
      CHECK(xs.drain(not_large) == strings{"b1"});
    }
    SECTION("as it has a higher priority") {
      xs.push({1, 12}, {"c1"}, priority::high);
      CHECK(xs.drain(not_large) == strings{"c1"});
    }
  }
}

TEST_CASE("a link that waits for all others keeps its turn") {
  queue xs;
  xs.push(a, {"large", "a2"});
  xs.push(other, {"o1", "o2"});
  auto large_waits = [](const std::string& x) {
    return x == "large" ? admission::all_wait : admission::in_turn;
  };
  CHECK(xs.drain(large_waits).empty()); // or small ones would come for ever
  CHECK(xs.drain() == strings{"large", "o1", "a2", "o2"});
}

TEST_CASE("a link that has nothing on its way waits for no other") {
  queue xs;
  xs.push(a, {"a1", "a2"});
  xs.push(other, {"o1", "o2"});
  auto busy = true;
  auto ask = [&busy](const std::string& x) {
    if (x[0] == 'a' || busy)
      return admission::all_wait;
    busy = true;
    return admission::at_once;
  };
  CHECK(xs.drain(ask).empty());
  busy = false;
  CHECK(xs.drain(ask).empty()); // nobody has said so
  xs.wake(other.link, true);
  CHECK(xs.drain(ask) == strings{"o1"});
}

TEST_CASE("a link that is shut has no turn any more") {
  queue xs;
  xs.push(a, {"a1", "a2"});
  xs.push(b, {"b1"});
  xs.push(other, {"o1"});
  xs.shut(a.link);
  xs.wake(a.link, true);
  strings removed;
  xs.remove(a, [&removed](const std::string& x) { removed.push_back(x); });
  CHECK(removed == strings{"a1", "a2"});
  CHECK(xs.drain() == strings{"o1"});
  CHECK(xs.size() == 1);
}

TEST_CASE("links that wait are not asked for each chunk of another") {
  auto waiting = GENERATE(size_t{10}, size_t{1000});
  queue xs;
  for (size_t i = 0; i < waiting; ++i)
    xs.push({100 + i, 1}, {"waits"});
  size_t asked = 0;
  auto ask = [&asked](const std::string& x) {
    ++asked;
    return x == "waits" ? admission::link_waits : admission::in_turn;
  };
  CHECK(xs.drain(ask).empty());
  asked = 0;
  for (auto i = 0; i < 100; ++i) {
    xs.push(a, {"goes"});
    CHECK(xs.drain(ask) == strings{"goes"});
  }
  CHECK(asked == 200); // for a turn before the others, and in turn
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
    xs.remove(a.link, xs.size(), note);
    CHECK(removed.size() == 3);
    CHECK(xs.drain() == strings{"o1"});
  }
  SECTION("a part of a link, which has no turn meanwhile") {
    CHECK(xs.remove(a.link, 2, note) == 2);
    CHECK(removed == strings{"b1", "a1"});
    CHECK(xs.drain() == strings{"o1"});
    CHECK(xs.remove(a.link, 2, note) == 1);
    CHECK(xs.empty());
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
