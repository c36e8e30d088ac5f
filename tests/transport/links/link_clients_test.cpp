// SPDX-License-Identifier: BSD-3-Clause

// Who has asked for a link, and who is still there.

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"
#include "caf_rdma/transport/links/ucx_link.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma::test;

namespace {

link_watcher::behavior_type watch(link_watcher::pointer) {
  return {[](const link_down&) {}, [](const link_info&) {}};
}

bool gone(const caf::actor_addr& x) {
  return caf::actor_cast<link_watcher>(x) == nullptr;
}

} // namespace

TEST_CASE("connectors that come and go leave nothing at a link") {
  auto count = GENERATE(size_t{100}, size_t{1'000});
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  transport_options options;
  ucx::request_pool pool;
  local::cell_pool cells;
  link_environment env{options, pool, cells, false, {}, {}, {}};
  ucx_link link{1, {"peer", 2, {}}, env};
  std::vector<link_watcher> living;
  for (auto i = 0; i < 5; ++i) {
    living.push_back(sys.spawn(watch));
    link.add({{}, caf::actor_cast<caf::actor_addr>(living.back())});
  }
  for (size_t i = 0; i < count; ++i) {
    auto passing = caf::actor_cast<caf::actor_addr>(sys.spawn(watch));
    link.add({{}, passing});
    REQUIRE(eventually([&] { return gone(passing); }));
    CHECK(link.clients.size() <= 17);
  }
  for (auto& x : living)
    CHECK(std::ranges::any_of(link.clients, [&](auto& client) {
      return client.watcher == caf::actor_cast<caf::actor_addr>(x);
    }));
}
