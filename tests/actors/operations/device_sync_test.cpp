// SPDX-License-Identifier: BSD-3-Clause

// How operations take their turn among the user's own work on a GPU.

#include "caf_rdma/tests/actors/stage.hpp"
#include "caf_rdma/tests/fenced/fenced_space.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

using namespace std::chrono_literals;

namespace {

struct gpu_stage : stage {
  gpu_stage() : stage(std::make_shared<rdma::test::fenced_space>()) {
    // nop
  }

  static operation_options after(rdma::test::fenced_event& x) {
    operation_options result;
    result.sync.after_event = x.handle();
    return result;
  }

  pending<metadata> metadata_of(const operation& x) {
    return request<metadata>(x.actor(), metadata_atom_v);
  }
};

} // namespace

TEST_CASE("an active operation waits for the user's event") {
  gpu_stage x;
  rdma::test::fenced_event event;
  auto writes = GENERATE(true, false);
  auto opts = gpu_stage::after(event);
  auto by_stream = GENERATE(true, false);
  if (by_stream) {
    opts.sync = {};
    opts.sync.after_stream = event.stream();
  }
  auto op = writes ? x.write(opts) : x.read(opts);
  x.advance(10ms);
  CHECK(x.lane->calls.empty());
  CHECK(x.status(op).status == status::initialized);
  event.done = true;
  x.advance(1ms);
  CHECK(x.lane->calls.size() == 2);
  CHECK(x.status(op).status == status::in_progress);
}

TEST_CASE("a passive operation gives no metadata before the user's event") {
  gpu_stage x;
  rdma::test::fenced_event event;
  auto opts = gpu_stage::after(event);
  if (GENERATE(true, false))
    opts.grant.claims = 3;
  auto op = x.readable(opts);
  auto early = x.metadata_of(op);
  x.advance(10ms);
  CHECK_FALSE(early.answered());
  CHECK(x.lane->calls.empty());
  event.done = true;
  x.advance(1ms);
  CHECK(early.get());
  CHECK(x.lane->calls.size() == 1);
}

TEST_CASE("an operation that waits for an event ends like any other") {
  gpu_stage x;
  rdma::test::fenced_event event;
  auto opts = gpu_stage::after(event);
  opts.deadline = 1s;
  if (GENERATE(true, false))
    opts.grant.claims = 3;
  auto op = x.writable(opts);
  auto early = x.metadata_of(op);
  auto waiter = x.wait(op);
  auto expected = errc::cancelled;
  SECTION("by a cancel") {
    CHECK(x.cancel(op, "enough").get()->status == status::cancelled);
  }
  SECTION("by its deadline") {
    x.advance(2s);
    expected = errc::deadline_exceeded;
  }
  CHECK(code_of(waiter.get().error()) == expected);
  CHECK(code_of(early.get().error()) == expected);
  CHECK(code_of(x.metadata_of(op).get().error()) == expected);
  event.done = true;
  x.advance(10ms);
  CHECK(x.lane->sinks.empty());
  CHECK(x.lane->grants.empty());
}

TEST_CASE("an event is signalled when the operation is complete, only then") {
  gpu_stage x;
  rdma::test::fenced_event event;
  operation_options opts;
  opts.sync.signal = event.handle();
  auto op = x.writable(opts);
  x.claim();
  CHECK_FALSE(event.done);
  SECTION("COMPLETE") {
    x.tell(x.lane->sinks.at(0).owner, transfer_landed{100, {}});
    CHECK(x.status(op).status == status::complete);
    CHECK(event.done);
  }
  SECTION("cancelled") {
    x.cancel(op, "enough");
    CHECK_FALSE(event.done);
  }
}

TEST_CASE("an event that cannot be signalled leaves COMPLETE, with a reason") {
  auto space = std::make_shared<rdma::test::fenced_space>();
  stage x{space};
  rdma::test::fenced_event event;
  operation_options opts;
  opts.sync.signal = event.handle();
  auto op = x.writable(opts);
  auto waiter = x.wait(op);
  x.claim();
  space->fail_after(0);
  x.tell(x.lane->sinks.at(0).owner, transfer_landed{100, {}});
  // The peer was told COMPLETE, which is true.
  auto end = waiter.get();
  REQUIRE(end);
  CHECK(end->status == status::complete);
  CHECK(code_of(end->reason) == errc::device_error);
}

TEST_CASE("who cannot synchronize with a GPU is told so") {
  rdma::test::fenced_event event;
  auto opts = gpu_stage::after(event);
  SECTION("there is none") {
    stage x;
    CHECK(x.refusal(create_writable_atom_v, x.local(), opts)
          == errc::unsupported_device);
  }
  SECTION("a standing grant has no moment for a signal") {
    gpu_stage x;
    opts.sync.signal = event.handle();
    opts.grant.claims = 3;
    CHECK(x.refusal(create_writable_atom_v, x.local(), opts)
          == errc::invalid_option);
  }
}

TEST_CASE("a source that fails on this side tells the reader") {
  gpu_stage x;
  auto op = x.readable();
  auto grant = x.lane->sinks.at(0);
  x.claim();
  x.frame_to(grant.owner, key_of_peer, reader_claim(grant.secret));
  auto waiter = x.wait(op);
  x.tell(grant.owner,
         transfer_failed{make_error(errc::device_error, "no"), false});
  CHECK(code_of(waiter.get().error()) == errc::device_error);
  auto words = x.sent<transfer_ended>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].code == errc::device_error);
}
