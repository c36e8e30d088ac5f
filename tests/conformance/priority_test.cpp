// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do with priorities: whatever goes first, everything
// arrives.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <deque>

using namespace rdma;
using namespace rdma_conformance;

namespace {

operation_options with(priority x) {
  operation_options result;
  result.priority = x;
  return result;
}

/// A transfer of some size, priority and direction.
struct transfer {
  transfer(scenario& x, size_t size, priority prio, bool write)
    : there(size, 1), here(size, 2) {
    passive = write ? x.writable(there) : x.readable(there);
    active = write ? x.write(here, passive, with(prio))
                   : x.read(passive, here, with(prio));
  }

  memory there;
  memory here;
  operation passive;
  operation active;
};

} // namespace

TEST_CASE("on every lane transfers of all priorities arrive side by side") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  std::deque<transfer> all;
  for (auto size : {100 * x.stage->chunk_size() + 1, size_t{5}, size_t{40'000}})
    for (auto prio : {priority::low, priority::high, priority::normal})
      for (auto write : {true, false})
        all.emplace_back(x, size, prio, write);
  for (auto& y : all) {
    CHECK(x.end_of(y.active) == errc::none);
    CHECK(x.end_of(y.passive) == errc::none);
    CHECK(y.there == y.here);
  }
}

TEST_CASE("a transfer of high priority ends before a larger one that was "
          "first") {
  // Only there does time depend on nothing else.
  auto all = lanes();
  auto simulated = std::ranges::find(all, "simulated", &lane_under_test::name);
  REQUIRE(simulated != all.end());
  scenario x{*simulated};
  auto write = GENERATE(true, false);
  auto chunk = x.stage->chunk_size();
  transfer large{x, 1000 * chunk, priority::low, write};
  transfer small{x, 100 * chunk, priority::high, write};
  CHECK(x.end_of(small.active) == errc::none);
  CHECK(x.status(large.active).status == status::in_progress);
  CHECK(x.end_of(large.active) == errc::none);
  CHECK(large.there == large.here);
}

TEST_CASE("a priority is the active side's to choose, from those there are") {
  scenario x{lanes().front()};
  memory there{10};
  memory here{10, 1};
  auto passive = x.writable(there);
  auto refusal = [&](auto&&... xs) {
    auto op = x.ask<operation>(std::forward<decltype(xs)>(xs)...);
    REQUIRE_FALSE(op);
    return code_of(op.error());
  };
  CHECK(refusal(x.stage->alice(), begin_write_atom_v, here.describe(),
                x.metadata(passive), with(static_cast<priority>(3)))
        == errc::invalid_option);
  CHECK(refusal(x.stage->bob(), create_writable_atom_v, there.describe(),
                with(priority::high))
        == errc::invalid_option);
  CHECK(x.cancel(passive).status == status::cancelled);
}
