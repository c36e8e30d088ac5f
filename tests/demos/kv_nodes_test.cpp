// SPDX-License-Identifier: BSD-3-Clause

// The actors of kv_cluster, in one process.

#include "caf_rdma/demos/kv_cluster/content.hpp"
#include "caf_rdma/demos/kv_cluster/decode.hpp"
#include "caf_rdma/demos/kv_cluster/prefill.hpp"
#include "caf_rdma/demos/kv_cluster/router.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <optional>

using namespace kv_cluster;

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

constexpr size_t block_size = 4096;

using ids = std::vector<block_id>;

/// One prefill and one decode node.
struct nodes {
  explicit nodes(size_t slots = 8) {
    auto made = rdma::runtime::make(system);
    if (!made)
      FAIL(to_string(made.error()));
    runtime.emplace(std::move(*made));
    prefill = system.spawn<prefill_impl>(runtime->spawn_connector("p"),
                                         make_pool(slots));
    decode = system.spawn<decode_impl>(runtime->spawn_connector("d"),
                                       make_pool(slots));
  }

  ~nodes() {
    self->send_exit(prefill, caf::exit_reason::user_shutdown);
    self->send_exit(decode, caf::exit_reason::user_shutdown);
    prefill = nullptr;
    decode = nullptr;
  }

  pool make_pool(size_t slots) {
    auto memory = runtime->allocate(slots * block_size);
    if (!memory)
      FAIL(to_string(memory.error()));
    return {*memory, block_size};
  }

  caf::expected<fetch_plan> prepare(job_id id, const ids& xs) {
    caf::expected<fetch_plan> result{caf::error{}};
    self->request(prefill, patience, prepare_atom_v, id, xs)
      .receive([&](fetch_plan& x) { result = std::move(x); },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  caf::expected<fetch_report> fetch(job_id id, const ids& xs,
                                    const fetch_plan& plan) {
    caf::expected<fetch_report> result{caf::error{}};
    self->request(decode, patience, fetch_atom_v, id, xs, plan)
      .receive([&](fetch_report& x) { result = std::move(x); },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  rdma::config config;
  caf::actor_system system{config};
  std::optional<rdma::runtime> runtime;
  caf::scoped_actor self{system};
  prefill_actor prefill;
  decode_actor decode;
};

} // namespace

TEST_CASE("a decode node fetches what it lacks, and only that") {
  nodes x;
  auto plan = x.prepare(1, {1, 2, 3});
  REQUIRE(plan);
  CHECK(plan->slots.size() == 3);
  auto first = x.fetch(1, {1, 2, 3}, *plan);
  REQUIRE(first);
  CHECK(first->bytes == 3 * block_size);
  CHECK(first->hits == 0);
  CHECK(first->lane == "self");
  auto more = x.prepare(2, {1, 2, 3, 4});
  REQUIRE(more);
  auto second = x.fetch(2, {1, 2, 3, 4}, *more);
  REQUIRE(second);
  CHECK(second->bytes == block_size);
  CHECK(second->hits == 3);
}

TEST_CASE("a prefill node keeps the blocks of a job until it is released") {
  nodes x{3};
  REQUIRE(x.prepare(1, {1, 2, 3}));
  CHECK_FALSE(x.prepare(2, {4}));
  x.self->send(x.prefill, release_atom_v, job_id{1});
  CHECK(x.prepare(2, {4}));
  CHECK_FALSE(x.prepare(3, {1, 2, 3, 4}));
}

TEST_CASE("no wrong byte is accepted, and what was wrong is fetched again") {
  nodes x;
  auto plan = x.prepare(1, {1, 2});
  REQUIRE(plan);
  auto other = x.prepare(2, {7, 8});
  REQUIRE(other);
  auto forged = *plan;
  forged.slots = other->slots; // as if the pool had been used for others
  auto wrong = x.fetch(1, {1, 2}, forged);
  REQUIRE_FALSE(wrong);
  CHECK(to_string(wrong.error()).find("wrong bytes") != std::string::npos);
  auto right = x.fetch(3, {1, 2}, *plan);
  REQUIRE(right);
  CHECK(right->hits == 0);
  CHECK(right->bytes == 2 * block_size);
}

TEST_CASE("a plan that makes no sense is refused") {
  nodes x;
  auto plan = x.prepare(1, {1, 2});
  REQUIRE(plan);
  SECTION("garbage for metadata") {
    plan->metadata = "garbage";
  }
  SECTION("other blocks") {
    plan->block_size *= 2;
  }
  SECTION("too few slots") {
    plan->slots.pop_back();
  }
  SECTION("slots that are not there") {
    plan->slots.back() = 1000;
  }
  SECTION("slots far away") {
    plan->slots.back() = UINT64_MAX;
  }
  CHECK_FALSE(x.fetch(1, {1, 2}, *plan));
  auto good = x.prepare(2, {1, 2});
  CHECK(x.fetch(2, {1, 2}, *good));
}

TEST_CASE("a prefill node that is gone is an error, and blocks no later job") {
  nodes x;
  auto plan = x.prepare(1, {1});
  REQUIRE(plan);
  x.self->send_exit(x.prefill, caf::exit_reason::kill);
  x.self->wait_for(x.prefill);
  auto lost = x.fetch(1, {1}, *plan);
  REQUIRE_FALSE(lost);
  CHECK(rdma::code_of(lost.error()) != rdma::errc::none);
  x.prefill = x.system.spawn<prefill_impl>(x.runtime->spawn_connector("again"),
                                           x.make_pool(8));
  auto again = x.prepare(2, {1});
  REQUIRE(again);
  CHECK(x.fetch(2, {1}, *again));
}

// -- the router --------------------------------------------------------------

namespace {

/// A router for scripted nodes.
struct routing {
  routing(trace requests, double speed, journal served = {}) {
    router_options opts;
    opts.requests = std::move(requests);
    opts.speed = speed;
    auto done = [this](const statistics& x, double) { ended.set_value(x); };
    router = system.spawn<router_impl>(
      std::move(opts), std::move(served), [](const statistics&, double) {},
      done);
  }

  ~routing() {
    self->send_exit(router, caf::exit_reason::user_shutdown);
    for (auto& x : scripted)
      self->send_exit(x, caf::exit_reason::user_shutdown);
  }

  void join_prefill(const std::string& name) {
    auto node = system.spawn([]() -> prefill_actor::behavior_type {
      return {
        [](prepare_atom, job_id, const ids& xs) {
          return fetch_plan{"", 1, std::vector<uint64_t>(xs.size())};
        },
        [](release_atom, job_id) {},
      };
    });
    scripted.push_back(caf::actor_cast<caf::actor>(node));
    self->send(router, join_atom_v, name, uint64_t{100}, node);
  }

  /// Fails the first `failures` jobs; never answers at all if `dies`.
  caf::actor join_decode(const std::string& name, size_t failures,
                         bool dies = false) {
    auto left = std::make_shared<size_t>(failures);
    auto node = system.spawn(
      [=](decode_actor::pointer me) -> decode_actor::behavior_type {
        return {
          [=](fetch_atom, job_id, const ids& xs,
              const fetch_plan&) -> caf::result<fetch_report> {
            if (dies)
              me->quit(caf::exit_reason::kill);
            if (dies || (*left > 0 && (*left)--))
              return caf::make_error(caf::sec::runtime_error, "no");
            fetch_report result;
            result.blocks = xs.size();
            return result;
          },
        };
      });
    scripted.push_back(caf::actor_cast<caf::actor>(node));
    self->send(router, join_atom_v, name, uint64_t{100}, node);
    return scripted.back();
  }

  statistics wait() {
    auto result = ended.get_future();
    REQUIRE(result.wait_for(patience) == std::future_status::ready);
    return result.get();
  }

  std::promise<statistics> ended;
  rdma::config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  router_impl_actor router;
  std::vector<caf::actor> scripted;
};

} // namespace

TEST_CASE(
  "requests wait for nodes, and are tried again until they are served") {
  routing x{make_trace(20, 1), 0};
  x.join_decode("d1", 5);
  x.join_prefill("p1");
  auto end = x.wait();
  CHECK(end.served() == 20);
  CHECK(end.given_up() == 0);
}

TEST_CASE("the requests of a node that dies go to another one") {
  routing x{make_trace(20, 1), 0};
  x.join_prefill("p1");
  x.join_decode("d1", 0, true);
  x.join_decode("d2", 0);
  CHECK(x.wait().served() == 20);
}

TEST_CASE("a router goes on where the one before it has died") {
  char name[] = "/tmp/kv-journal.XXXXXX";
  ::close(::mkstemp(name));
  auto open = [&name] {
    auto found = journal::open(name);
    REQUIRE(found);
    return std::move(*found);
  };
  {
    routing x{make_trace(10, 1), 0, open()};
    x.join_prefill("p1");
    x.join_decode("d1", 0);
    CHECK(x.wait().served() == 10);
  }
  std::ofstream{name, std::ios::app} << "{\"index\": 10, \"blo"; // cut short
  {
    auto seen = open();
    CHECK(seen.entries().size() == 10);
    routing x{make_trace(15, 1), 0, std::move(seen)};
    x.join_prefill("p1");
    x.join_decode("d1", 0);
    CHECK(x.wait().served() == 15);
  }
  auto all = open();
  CHECK(all.entries().size() == 15);
  {
    routing x{make_trace(15, 1), 0, std::move(all)};
    CHECK(x.wait().served() == 15); // there is nothing to do
  }
  ::unlink(name);
  CHECK_FALSE(journal::open("/no/such/directory/journal"));
}

TEST_CASE("a request that always fails is lost, and said to be") {
  routing x{make_trace(1, 1), 0};
  x.join_prefill("p1");
  x.join_decode("d1", 1000);
  auto end = x.wait();
  CHECK(end.served() == 0);
  CHECK(end.given_up() == 1);
}
