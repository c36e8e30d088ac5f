// SPDX-License-Identifier: BSD-3-Clause

// The router of kv_cluster, with nodes that follow a script.

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

using namespace kv_cluster;

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

using ids = std::vector<block_id>;

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

TEST_CASE("a member without a service gets no request") {
  routing x{make_trace(20, 1), 0};
  for (auto* role : {"prefill", "decode", "router"}) {
    member nonsense;
    nonsense.name = role;
    nonsense.role = role;
    nonsense.slots = 1000;
    x.self->send(x.router, join_atom_v, nonsense);
  }
  x.join_prefill("p1");
  x.join_decode("d1", 0);
  auto end = x.wait();
  CHECK(end.served() == 20);
  CHECK(end.failures().empty());
}
