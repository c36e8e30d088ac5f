// SPDX-License-Identifier: BSD-3-Clause

// Handles, connectors and runtimes go away while bytes move. All of it takes a
// bounded time, and the memory stays the user's afterwards.

#include "caf_rdma/tests/actors/duel.hpp"
#include "caf_rdma/tests/actors/pending.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr size_t size = size_t{2} << 20;

/// A writes to B; `write` is A's operation and `writable` is B's.
struct transfer {
  transfer(node& from, node& to) {
    writable = to.begin(create_writable_atom_v, describe(target));
    write = from.begin(begin_write_atom_v, describe(source),
                       to.describe(writable));
  }

  std::vector<std::byte> source = pattern(size, 1);
  std::vector<std::byte> target = std::vector<std::byte>(size);
  operation write;
  operation writable;
};

void poison(std::vector<std::byte>& xs) {
  std::fill(xs.begin(), xs.end(), std::byte{0xEE});
}

bool is_poisoned(const std::vector<std::byte>& xs) {
  return std::all_of(xs.begin(), xs.end(),
                     [](std::byte x) { return x == std::byte{0xEE}; });
}

template <class T>
bool answered(const pending<T>& x) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!x.answered()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// What a runtime must be through with: its memory was let go.
template <class F>
void within_limits(F f) {
  auto start = std::chrono::steady_clock::now();
  f();
  CHECK(std::chrono::steady_clock::now() - start < patience);
}

} // namespace

TEST_CASE("a wait is answered whoever drops the handles meanwhile") {
  node alice{"alice"};
  node bob{"bob"};
  std::vector<std::unique_ptr<transfer>> all;
  for (auto i = 0; i < 50; ++i) {
    auto kept = std::make_unique<transfer>(alice, bob);
    auto& x = *kept;
    pending<report> writer{alice.system, x.write.actor(), wait_atom_v};
    pending<report> reader{bob.system, x.writable.actor(), wait_atom_v};
    std::thread{[a = std::exchange(x.write, {}),
                 b = std::exchange(x.writable, {})]() mutable {
      a = operation{};
      b = operation{};
    }}.join();
    REQUIRE(answered(writer));
    REQUIRE(answered(reader));
    auto sent = writer.get();
    auto received = reader.get();
    if (received)
      CHECK(x.source == x.target);
    else
      CHECK(code_of(received.error()) == errc::cancelled);
    if (!received && !sent)
      CHECK(code_of(sent.error()) == errc::cancelled);
    poison(x.source);
    poison(x.target);
    all.push_back(std::move(kept));
  }
  for (auto& x : all) {
    CHECK(is_poisoned(x->source));
    CHECK(is_poisoned(x->target));
  }
}

TEST_CASE("a dropped transfer ends on the other side, too") {
  // Nobody says when a dropped operation has let go of its memory.
  std::vector<std::unique_ptr<transfer>> all;
  node alice{"alice"};
  node bob{"bob"};
  auto drop_source = GENERATE(true, false);
  for (auto i = 0; i < 20; ++i) {
    auto& x = *all.emplace_back(std::make_unique<transfer>(alice, bob));
    auto& dropped = drop_source ? x.write : x.writable;
    auto& kept = drop_source ? x.writable : x.write;
    auto& owner = drop_source ? bob : alice;
    std::thread{[y = std::exchange(dropped, {})] {}}.join();
    // Who was not claimed yet will not be.
    auto end = owner.ask<report>(kept.actor(), cancel_atom_v);
    REQUIRE(end);
    CHECK(is_final(end->status));
    if (end->status == status::complete && drop_source)
      CHECK(x.source == x.target);
  }
}

TEST_CASE("a connector that is dropped ends its 100 operations") {
  node alice{"alice"};
  node bob{"bob"};
  std::vector<std::unique_ptr<transfer>> xs;
  for (auto i = 0; i < 50; ++i) {
    xs.push_back(std::make_unique<transfer>(alice, bob));
    xs.push_back(std::make_unique<transfer>(bob, alice));
  }
  std::vector<pending<report>> ends;
  for (auto& x : xs) {
    ends.emplace_back(alice.system, x->write.actor(), wait_atom_v);
    ends.emplace_back(alice.system, x->writable.actor(), wait_atom_v);
  }
  alice.connector = connector_actor{};
  // Those that nobody has claimed are promised to nobody.
  for (size_t i = 0; i < xs.size(); i += 2)
    bob.cancel(xs[i]->writable, "left over");
  for (auto& x : ends)
    REQUIRE(answered(x));
  for (auto& x : xs) {
    poison(x->source);
    poison(x->target);
  }
  node carol{"carol"};
  transfer y{carol, bob};
  CHECK(carol.wait(y.write));
  for (auto& x : xs) {
    CHECK(is_poisoned(x->source));
    CHECK(is_poisoned(x->target));
  }
}

TEST_CASE("a runtime that is destroyed in mid-transfer lets go of all memory") {
  auto how = GENERATE(0, 1, 2);
  CAPTURE(how);
  node bob{"bob"};
  for (auto i = 0; i < 5; ++i) {
    config conf;
    caf::actor_system sys{conf};
    auto made = runtime::make(sys, test_options("alice"));
    REQUIRE(made);
    std::optional<runtime> alice{std::move(*made)};
    auto connector = alice->spawn_connector("test");
    std::vector<std::vector<std::byte>> sources(4, pattern(size, 1));
    std::vector<std::vector<std::byte>> targets(4,
                                                std::vector<std::byte>(size));
    std::vector<operation> writables;
    std::vector<operation> writes;
    std::vector<std::byte> bytes(100);
    {
      caf::scoped_actor self{sys};
      // UCX 1.13 aborts if a peer goes away during first contact.
      auto first = bob.begin(create_writable_atom_v, describe(bytes));
      self
        ->request(connector, patience, begin_write_atom_v, describe(bytes),
                  bob.describe(first))
        .receive([&](operation& x) { writes.push_back(std::move(x)); },
                 [](caf::error& err) { FAIL(to_string(err)); });
      CHECK(bob.wait(first));
      for (size_t j = 0; j < 4; ++j) {
        writables.push_back(
          bob.begin(create_writable_atom_v, describe(targets[j])));
        self
          ->request(connector, patience, begin_write_atom_v,
                    describe(sources[j]), bob.describe(writables[j]))
          .receive([&](operation& x) { writes.push_back(std::move(x)); },
                   [](caf::error& err) { FAIL(to_string(err)); });
      }
    }
    std::vector<pending<report>> ends;
    for (auto& x : writes)
      ends.emplace_back(sys, x.actor(), wait_atom_v);
    auto dropper = std::thread{[&writes] { writes.clear(); }};
    within_limits([&] {
      if (how == 0) {
        alice.reset();
      } else if (how == 1) {
        std::thread{[&alice] { alice.reset(); }}.join();
      } else {
        std::promise<void> left;
        alice->loop().post([&alice, &left] {
          alice.reset();
          left.set_value();
        });
        left.get_future().wait();
      }
      // On the loop's own thread the destructor returns before the end.
      for (auto& x : ends)
        REQUIRE(answered(x));
    });
    dropper.join();
    for (auto& xs : sources)
      poison(xs);
    for (auto& x : writables) {
      auto end = bob.cancel(x, "left over");
      CHECK(is_final(end.status));
    }
    for (size_t j = 0; j < 4; ++j) {
      CHECK((targets[j] == pattern(size, 1)
             || bob.status(writables[j]).status != status::complete));
      poison(targets[j]);
    }
    transfer self_check{bob, bob};
    CHECK(bob.wait(self_check.write));
    for (size_t j = 0; j < 4; ++j) {
      CHECK(is_poisoned(sources[j]));
      CHECK(is_poisoned(targets[j]));
    }
  }
}
