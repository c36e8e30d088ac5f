// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do when a standing grant ends, or a claim on it: the
// memory is the owner's again, and every active operation learns why.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <chrono>

using namespace rdma;
using namespace rdma_conformance;
using namespace std::chrono_literals;

TEST_CASE("on every lane a revoked grant lets go of its memory") {
  scenario x{GENERATE(from_range(lanes()))};
  auto writes = GENERATE(true, false);
  INFO(x.name << (writes ? ", writes" : ", reads"));
  auto size = 200 * x.stage->chunk_size() + 1;
  memory there{size, 1};
  std::vector<memory> here(3, memory{size, 2});
  claim_log log{x};
  auto opts = standing();
  opts.listener = log.listener();
  auto passive = writes ? x.writable(there, opts) : x.readable(there, opts);
  std::vector<operation> active;
  for (auto& memory : here)
    active.push_back(writes ? x.write(memory, passive)
                            : x.read(passive, memory));
  x.until_moving(active[0]);
  SECTION("by its owner") {
    CHECK(x.cancel(passive, "enough").status == status::cancelled);
  }
  SECTION("because its handle was dropped") {
    passive = {};
  }
  SECTION("by the end of its lease") {
    CHECK(x.ask<void>(passive.actor(), renew_atom_v, caf::timespan{1ms}));
    CHECK(x.end_of(passive) == errc::deadline_exceeded);
  }
  if (passive)
    there.reclaim();
  // What COMPLETE says is true, too: the last byte may have come before.
  for (auto& op : active) {
    auto end = x.end_of(op);
    CHECK((end == errc::grant_revoked || end == errc::operation_ended
           || end == errc::none));
  }
  x.stage->linger();
  if (passive)
    CHECK(there.reclaimed());
}

TEST_CASE("on every lane a grant that has ended serves nobody") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory there{10, 1};
  memory here{10};
  auto passive = x.readable(there, standing());
  auto what = x.metadata(passive);
  auto first = x.read(passive, here);
  CHECK(x.end_of(first) == errc::none);
  CHECK(x.cancel(passive).status == status::cancelled);
  auto late = x.make(x.stage->alice(), begin_read_atom_v, what,
                     here.describe());
  CHECK(x.end_of(late) == errc::operation_ended);
  CHECK(code_of(
          x.ask<void>(passive.actor(), renew_atom_v, caf::timespan{1s}).error())
        == errc::operation_ended);
}

TEST_CASE("on every lane a renewed lease lasts longer") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory there{10, 1};
  auto opts = standing();
  opts.deadline = 100ms;
  auto passive = x.readable(there, opts);
  CHECK(x.metadata(passive).terms.lease == 100ms);
  CHECK(code_of(
          x.ask<void>(passive.actor(), renew_atom_v, caf::timespan{0}).error())
        == errc::invalid_option);
  CHECK(x.ask<void>(passive.actor(), renew_atom_v, caf::timespan{10min}));
  auto short_one = x.readable(there, opts);
  CHECK(x.end_of(short_one) == errc::deadline_exceeded);
  CHECK(x.status(passive).status == status::initialized);
  CHECK(x.cancel(passive).status == status::cancelled);
}

TEST_CASE("on every lane a claim that fails leaves the grant as it was") {
  scenario x{GENERATE(from_range(lanes()))};
  auto writes = GENERATE(true, false);
  INFO(x.name << (writes ? ", writes" : ", reads"));
  auto size = 200 * x.stage->chunk_size() + 1;
  memory there{size, 1};
  memory here{size, 2};
  claim_log log{x};
  auto opts = standing(1);
  opts.listener = log.listener();
  auto passive = writes ? x.writable(there, opts) : x.readable(there, opts);
  auto begin = [&] {
    return writes ? x.write(here, passive) : x.read(passive, here);
  };
  auto failed = begin();
  SECTION("at once") {
    // nop
  }
  SECTION("in the middle") {
    x.until_moving(failed);
  }
  auto complete = x.cancel(failed).status == status::complete;
  if (!complete) {
    // It may not have got as far as the owner.
    auto next = begin();
    // The first may still be on its way out there.
    while (x.end_of(next) == errc::already_claimed)
      next = begin();
    CHECK(x.status(next).status == status::complete);
  }
  CHECK(x.end_of(passive) == errc::none);
  CHECK(there == here);
  auto last = log.next();
  while (last.status != status::complete) {
    CHECK(code_of(last.reason) == errc::cancelled);
    last = log.next();
  }
  CHECK(log.empty());
}

TEST_CASE("on every lane a grant serves no more claims than it should") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto size = 200 * x.stage->chunk_size();
  memory there{size, 1};
  memory here{size};
  auto passive = x.readable(there, standing(1));
  auto first = x.read(passive, here);
  x.until_moving(first);
  memory more{size};
  auto second = x.read(passive, more);
  auto end = x.end_of(second);
  CHECK((end == errc::already_claimed || end == errc::operation_ended));
  CHECK(x.end_of(first) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  CHECK(there == here);
}
