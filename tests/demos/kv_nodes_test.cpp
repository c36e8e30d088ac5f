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
#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

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
    spawn_prefill(slots);
    decode = system.spawn<decode_impl>(runtime->spawn_connector("d"),
                                       make_pool(slots));
    introduce();
  }

  ~nodes() {
    self->send_exit(prefill, caf::exit_reason::user_shutdown);
    self->send_exit(decode, caf::exit_reason::user_shutdown);
    prefill = nullptr;
    decode = nullptr;
  }

  void spawn_prefill(size_t slots) {
    prefill = system.spawn<prefill_impl>("p", runtime->spawn_connector("p"),
                                         make_pool(slots));
  }

  /// Tells the decode node where the pool is.
  void introduce() {
    member x;
    x.name = "p";
    x.role = "prefill";
    self->request(prefill, patience, describe_atom_v)
      .receive([&x](std::string& y) { x.metadata = std::move(y); },
               [](const caf::error& err) { FAIL(to_string(err)); });
    self->send(decode, join_atom_v, x);
  }

  pool make_pool(size_t slots) {
    auto memory = runtime->allocate(slots * block_size);
    if (!memory)
      FAIL(to_string(memory.error()));
    return {*memory, block_size};
  }

  caf::expected<fetch_plan> prepare(job_id id, const ids& xs) {
    return ask<fetch_plan>(prefill, prepare_atom_v, id, xs);
  }

  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& to, const Ts&... xs) {
    caf::expected<T> result{caf::error{}};
    self->request(to, patience, xs...)
      .receive([&](T& x) { result = std::move(x); },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  caf::expected<fetch_report> fetch(job_id id, const ids& xs,
                                    const fetch_plan& plan) {
    return ask<fetch_report>(decode, fetch_atom_v, id, xs, plan);
  }

  caf::expected<push_plan> accept(job_id id, const ids& xs) {
    return ask<push_plan>(decode, accept_atom_v, id, xs);
  }

  caf::error push(job_id id, const ids& xs, const push_plan& plan) {
    caf::error result;
    self->request(prefill, patience, push_atom_v, id, xs, plan)
      .receive([] {}, [&result](caf::error& err) { result = std::move(err); });
    return result;
  }

  caf::expected<fetch_report> collect(job_id id) {
    return ask<fetch_report>(decode, collect_atom_v, id);
  }

  rdma::config config;
  caf::actor_system system{config};
  std::optional<rdma::runtime> runtime;
  caf::scoped_actor self{system};
  prefill_actor prefill;
  decode_impl_actor decode;
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
  SECTION("a node that nobody knows") {
    plan->node = "q";
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
  x.spawn_prefill(8);
  x.introduce();
  auto again = x.prepare(2, {1});
  REQUIRE(again);
  CHECK(x.fetch(2, {1}, *again));
}

// -- blocks that are written -------------------------------------------------

TEST_CASE("a prefill node writes what a decode node lacks, and only that") {
  nodes x;
  auto plan = x.accept(1, {1, 2, 3});
  REQUIRE(plan);
  CHECK(plan->wanted == std::vector<uint64_t>{0, 1, 2});
  CHECK(x.push(1, {1, 2, 3}, *plan) == caf::none);
  auto first = x.collect(1);
  REQUIRE(first);
  CHECK(first->bytes == 3 * block_size);
  CHECK(first->hits == 0);
  auto more = x.accept(2, {1, 2, 4, 3});
  REQUIRE(more);
  CHECK(more->wanted == std::vector<uint64_t>{2});
  CHECK(x.push(2, {1, 2, 4, 3}, *more) == caf::none);
  auto second = x.collect(2);
  REQUIRE(second);
  CHECK(second->bytes == block_size);
  CHECK(second->hits == 3);
  auto none = x.accept(3, {4, 1});
  REQUIRE(none);
  CHECK(none->wanted.empty());
  CHECK(x.collect(3)->hits == 2);
}

TEST_CASE("while blocks are on their way others wait for them") {
  nodes x;
  auto plan = x.accept(1, {1, 2});
  REQUIRE(plan);
  auto other = x.prepare(3, {3, 4}); // needs none of them
  REQUIRE(other);
  CHECK(x.fetch(3, {3, 4}, *other));
  auto read = x.prepare(2, {1, 2});
  REQUIRE(read);
  auto later = x.self->request(x.decode, patience, fetch_atom_v, job_id{2},
                               ids{1, 2}, *read);
  CHECK(x.push(1, {1, 2}, *plan) == caf::none);
  later.receive([](const fetch_report& y) { CHECK(y.hits == 2); },
                [](const caf::error& err) { FAIL(to_string(err)); });
}

TEST_CASE("a job that is given up makes way, and leaves no block behind") {
  nodes x;
  auto plan = x.accept(1, {1, 2});
  REQUIRE(plan);
  x.self->send(x.decode, release_atom_v, job_id{1});
  auto read = x.prepare(2, {1, 2});
  REQUIRE(read);
  auto next = x.fetch(2, {1, 2}, *read);
  REQUIRE(next);
  CHECK(next->hits == 0);
  CHECK(x.push(1, {1, 2}, *plan) != caf::none); // it comes too late
  CHECK_FALSE(x.collect(1));
}

TEST_CASE("the jobs of a router that dies are given up") {
  nodes x{2};
  {
    caf::scoped_actor router{x.system};
    push_plan plan;
    router->request(x.decode, patience, accept_atom_v, job_id{1}, ids{1, 2})
      .receive([&](push_plan& y) { plan = std::move(y); },
               [](const caf::error& err) { FAIL(to_string(err)); });
    CHECK(plan.wanted.size() == 2);
    // Another one waits for its turn.
    router->send(x.decode, accept_atom_v, job_id{2}, ids{5, 6});
    router->request(x.prefill, patience, prepare_atom_v, job_id{1}, ids{1, 2})
      .receive([](const fetch_plan&) {},
               [](const caf::error& err) { FAIL(to_string(err)); });
  }
  caf::expected<fetch_plan> plan{caf::error{}};
  for (int i = 0; i < 500 && !plan; ++i) { // until the death is known
    plan = x.prepare(3, {3, 4});
    std::this_thread::sleep_for(10ms);
  }
  REQUIRE(plan);
  auto begin = std::chrono::steady_clock::now();
  CHECK(x.fetch(3, {3, 4}, *plan));
  CHECK(std::chrono::steady_clock::now() - begin < transfer_deadline);
}

TEST_CASE("blocks that nobody writes end with their deadline") {
  nodes x;
  REQUIRE(x.accept(1, {1, 2}));
  auto end = x.collect(1);
  REQUIRE_FALSE(end);
  CHECK(rdma::code_of(end.error()) == rdma::errc::deadline_exceeded);
  auto again = x.accept(2, {1, 2});
  REQUIRE(again);
  CHECK(again->wanted.size() == 2);
}

TEST_CASE("wrong bytes that are written are not accepted") {
  nodes x;
  auto plan = x.accept(1, {1, 2});
  REQUIRE(plan);
  CHECK(x.push(1, {7, 8}, *plan) == caf::none); // as if for another request
  auto end = x.collect(1);
  REQUIRE_FALSE(end);
  CHECK(to_string(end.error()).find("wrong bytes") != std::string::npos);
}

TEST_CASE("a push that makes no sense is refused") {
  nodes x;
  auto plan = x.accept(1, {1, 2});
  REQUIRE(plan);
  auto bad = *plan;
  SECTION("garbage for metadata") {
    bad.metadata = "garbage";
  }
  SECTION("other blocks") {
    bad.block_size *= 2;
  }
  SECTION("blocks that are not there") {
    bad.wanted.back() = UINT64_MAX;
  }
  SECTION("too few blocks") {
    bad.wanted.pop_back();
  }
  SECTION("none") {
    bad.wanted.clear();
  }
  CHECK(x.push(1, {1, 2}, bad) != caf::none);
  CHECK_FALSE(x.accept(1, {1, 2}));             // the same job
  CHECK(x.push(2, {1, 2}, *plan) == caf::none); // nothing is lost
  CHECK(x.collect(1));
}

// -- the router --------------------------------------------------------------

namespace {

/// A router for scripted nodes.
struct routing {
  routing(trace requests, double speed, journal served = {},
          transfer_mode mode = transfer_mode::read) {
    router_options opts;
    opts.requests = std::move(requests);
    opts.speed = speed;
    opts.mode = mode;
    opts.pause = 1ms;
    auto done = [this](const overview& x) { ended.set_value(x.numbers); };
    router = system.spawn<router_impl>(
      std::move(opts), std::move(served), [](const overview&) {}, done);
  }

  ~routing() {
    self->send_exit(router, caf::exit_reason::user_shutdown);
    for (auto& x : scripted)
      self->send_exit(x, caf::exit_reason::user_shutdown);
  }

  void join(const std::string& name, const std::string& role,
            const caf::actor& service) {
    scripted.push_back(service);
    member x;
    x.name = name;
    x.role = role;
    x.slots = 100;
    x.service = caf::actor_cast<caf::strong_actor_ptr>(service);
    self->send(router, join_atom_v, x);
  }

  void join_prefill(const std::string& name) {
    auto node = system.spawn([]() -> prefill_actor::behavior_type {
      return {
        [](describe_atom) { return std::string{}; },
        [](prepare_atom, job_id, const ids& xs) {
          return fetch_plan{"", 1, std::vector<uint64_t>(xs.size())};
        },
        [](push_atom, job_id, const ids&, const push_plan&) {},
        [](release_atom, job_id) {},
      };
    });
    join(name, "prefill", caf::actor_cast<caf::actor>(node));
  }

  /// Fails the first `failures` jobs; never answers at all if `hangs`.
  void join_decode(const std::string& name, size_t failures,
                   bool hangs = false) {
    auto left = std::make_shared<size_t>(failures);
    auto node = system.spawn(
      [=](decode_actor::pointer me) -> decode_actor::behavior_type {
        auto serve = [=](size_t blocks) -> caf::result<fetch_report> {
          if (hangs)
            return me->make_response_promise<fetch_report>();
          if (*left > 0 && (*left)--)
            return caf::make_error(caf::sec::runtime_error, "no");
          fetch_report result;
          result.blocks = blocks;
          return result;
        };
        return {
          [=](fetch_atom, job_id, const ids& xs, const fetch_plan&) {
            return serve(xs.size());
          },
          [](accept_atom, job_id, const ids&) {
            return push_plan{"", 1, {0}};
          },
          [=](collect_atom, job_id) { return serve(1); },
          [](release_atom, job_id) {},
        };
      });
    join(name, "decode", caf::actor_cast<caf::actor>(node));
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

TEST_CASE("the requests of a node that leaves or is cut off go to another") {
  routing x{make_trace(20, 1), 0};
  x.join_prefill("p1");
  x.join_decode("d1", 0, true);
  SECTION("it leaves") {
    x.self->send(x.router, left_atom_v, std::string{"d1"});
  }
  SECTION("its link is lost") {
    x.self->send(x.router, link_report{"p1", "d1", false, {}});
  }
  x.join_decode("d2", 0);
  CHECK(x.wait().served() == 20);
}

TEST_CASE("requests are served by writes, too") {
  auto mode = GENERATE(transfer_mode::write, transfer_mode::mixed);
  routing x{make_trace(20, 1), 0, {}, mode};
  x.join_prefill("p1");
  x.join_decode("d1", 5);
  auto end = x.wait();
  CHECK(end.served() == 20);
  CHECK(end.failures().size() == 1);
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
