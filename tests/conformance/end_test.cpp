// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do: end, with the truth, and let go of the memory.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <chrono>

using namespace rdma;
using namespace rdma_conformance;
using namespace std::chrono_literals;

namespace {

/// A transfer with a passive and an active side.
struct transfer {
  transfer(scenario& x, bool write, size_t chunks,
           operation_options passive_options = {},
           operation_options active_options = {})
    : from(chunks * x.stage->chunk_size(), 1),
      to(chunks * x.stage->chunk_size()),
      passive(write ? x.writable(to, passive_options)
                    : x.readable(from, passive_options)),
      active(write ? x.write(from, passive, active_options)
                   : x.read(passive, to, active_options)) {
    // nop
  }

  memory original() const {
    return from;
  }

  memory from;
  memory to;
  operation passive;
  operation active;
};

} // namespace

TEST_CASE("on every lane an unclaimed operation is cancelled at once") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory to{100};
  memory from{100, 1};
  auto passive = x.writable(to);
  auto metadata = x.metadata(passive);
  auto end = x.cancel(passive, "changed my mind");
  CHECK(end.status == status::cancelled);
  CHECK(reason_of(end.reason) == "changed my mind");
  to.reclaim();
  auto late = x.make(x.stage->alice(), begin_write_atom_v, from.describe(),
                     metadata);
  CHECK(x.end_of(late) == errc::operation_ended);
  x.stage->linger();
  CHECK(to.reclaimed());
}

TEST_CASE("on every lane a cancel from either side ends both, and the memory "
          "stays untouched from then on") {
  scenario x{GENERATE(from_range(lanes()))};
  auto write = GENERATE(true, false);
  auto from_active = GENERATE(true, false);
  CAPTURE(x.name, write, from_active);
  for (auto chunks : {1, 3, 30}) {
    transfer t{x, write, static_cast<size_t>(chunks)};
    auto original = t.original();
    x.until_moving(t.active);
    auto& ours = from_active ? t.active : t.passive;
    auto& theirs = from_active ? t.passive : t.active;
    auto asked = x.cancel(ours);
    auto other = x.waiting(theirs);
    auto answer = x.get(other);
    if (asked.status == status::complete) {
      CHECK(answer);
      CHECK(t.to == original);
    } else {
      CHECK(asked.status == status::cancelled);
      REQUIRE_FALSE(answer);
      CHECK(code_of(answer.error()) == errc::cancelled);
      CHECK(reason_of(answer.error()).find("enough") != std::string::npos);
    }
    t.from.reclaim();
    t.to.reclaim();
    x.stage->linger();
    CHECK(t.to.reclaimed());
    CHECK(x.cancel(ours).status == asked.status);
  }
}

TEST_CASE("on every lane crossing cancels tell the same end") {
  scenario x{GENERATE(from_range(lanes()))};
  auto write = GENERATE(true, false);
  CAPTURE(x.name, write);
  transfer t{x, write, 30};
  x.until_moving(t.active);
  auto one = x.request<report>(t.active.actor(), cancel_atom_v,
                               std::string{"one"});
  auto two = x.request<report>(t.passive.actor(), cancel_atom_v,
                               std::string{"two"});
  auto first = x.get(one);
  auto second = x.get(two);
  REQUIRE(first);
  REQUIRE(second);
  CAPTURE(to_string(first->reason), to_string(second->reason));
  CHECK(first->status == second->status);
}

TEST_CASE("on every lane a deadline of either side ends both") {
  scenario x{GENERATE(from_range(lanes()))};
  auto write = GENERATE(true, false);
  CAPTURE(x.name, write);
  SECTION("of a passive operation that nobody claims") {
    memory to{100};
    auto passive = x.writable(to, {10ms});
    CHECK(x.end_of(passive) == errc::deadline_exceeded);
  }
  SECTION("in mid-transfer") {
    auto passive_first = GENERATE(true, false);
    operation_options hurried{1ms};
    operation_options patient{1s};
    // Too large for the time, but nothing depends on that.
    transfer t{x, write, 2000, passive_first ? hurried : patient,
               passive_first ? patient : hurried};
    auto one = x.end_of(t.active);
    auto two = x.end_of(t.passive);
    if (one == errc::none || two == errc::none) {
      CHECK(one == two);
    } else if (passive_first) {
      CHECK(two == errc::deadline_exceeded);
    } else {
      CHECK(one == errc::deadline_exceeded);
    }
    t.from.reclaim();
    t.to.reclaim();
    x.stage->linger();
    CHECK(t.to.reclaimed());
  }
}

TEST_CASE("on every lane dropping an operation cancels it") {
  scenario x{GENERATE(from_range(lanes()))};
  auto write = GENERATE(true, false);
  auto drop_active = GENERATE(true, false);
  CAPTURE(x.name, write, drop_active);
  transfer t{x, write, 30};
  auto original = t.original();
  x.until_moving(drop_active ? t.passive : t.active);
  (drop_active ? t.active : t.passive) = operation{};
  auto end = x.end_of(drop_active ? t.passive : t.active);
  if (end == errc::none)
    CHECK(t.to == original);
  else
    CHECK(end == errc::cancelled);
}

TEST_CASE("on every lane an operation ends whose last copy goes while somebody "
          "waits") {
  auto lane = GENERATE(from_range(lanes()));
  auto write = GENERATE(true, false);
  auto drop_passive = GENERATE(true, false);
  scenario x{lane};
  INFO(x.name);
  transfer y{x, write, 200};
  auto& dropped = drop_passive ? y.passive : y.active;
  auto& kept = drop_passive ? y.active : y.passive;
  auto waiter = x.waiting(dropped);
  dropped = {};
  auto end = x.get(waiter);
  CHECK((end || code_of(end.error()) == errc::cancelled));
  (write == drop_passive ? y.to : y.from).reclaim();
  // Who was never claimed waits on.
  CHECK(is_final(x.cancel(kept).status));
  x.stage->linger();
  CHECK((write == drop_passive ? y.to : y.from).reclaimed());
}

TEST_CASE("on every lane dropping a connector ends its operations") {
  scenario x{GENERATE(from_range(lanes()))};
  auto write = GENERATE(true, false);
  CAPTURE(x.name, write);
  transfer t{x, write, 30};
  memory idle{100};
  auto unclaimed = x.writable(idle);
  x.until_moving(t.active);
  x.stage->drop_bob();
  CHECK(x.end_of(unclaimed) == errc::cancelled);
  auto one = x.end_of(t.passive);
  auto two = x.end_of(t.active);
  CHECK((one == errc::none || one == errc::cancelled));
  CHECK(one == two);
}
