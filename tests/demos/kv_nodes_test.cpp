// SPDX-License-Identifier: BSD-3-Clause

// A prefill and a decode node of kv_cluster, in one process.

#include "caf_rdma/demos/kv_cluster/content.hpp"
#include "caf_rdma/demos/kv_cluster/decode.hpp"
#include "caf_rdma/demos/kv_cluster/prefill.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/scoped_actor.hpp>

#include <catch2/catch_test_macros.hpp>

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
    self->request(prefill, patience, describe_atom_v)
      .receive([this](const std::string& x) { introduce(x); },
               [](const caf::error& err) { FAIL(to_string(err)); });
  }

  void introduce(const std::string& metadata) {
    member x;
    x.name = "p";
    x.role = "prefill";
    x.metadata = metadata;
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
  SECTION("a node that spreads garbage for metadata") {
    x.introduce("garbage");
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
  x.introduce();
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
