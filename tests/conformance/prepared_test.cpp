// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do with prepared operations: start them again and again,
// whatever has become of the start before.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <chrono>

using namespace rdma;
using namespace rdma_conformance;
using namespace std::chrono_literals;

namespace {

struct prepared_stage : scenario {
  explicit prepared_stage(const lane_under_test& lane, size_t size)
    : scenario(lane), there(size), here(size, 1) {
    // nop
  }

  void prepare(bool write, operation_options opts = {}) {
    auto terms = standing();
    passive = write ? writable(there, terms) : readable(there, terms);
    active = write ? prepare_write(here, passive, opts)
                   : prepare_read(passive, here, opts);
  }

  rdma_test::pending<report> starting() {
    return request<report>(active.actor(), start_atom_v);
  }

  errc start() {
    auto x = starting();
    auto end = get(x);
    return end ? errc::none : code_of(end.error());
  }

  memory there;
  memory here;
  operation passive;
  prepared_operation active;
};

} // namespace

TEST_CASE("on every lane a prepared operation can be started many times") {
  auto lane = GENERATE(from_range(lanes()));
  auto size = GENERATE(size_t{64}, size_t{300'000});
  auto write = GENERATE(true, false);
  prepared_stage x{lane, size};
  INFO(x.name << (write ? ", write of " : ", read of ") << size);
  x.prepare(write);
  CHECK(x.status(x.active).status == status::initialized);
  CHECK(x.cancel(x.active).status == status::initialized);
  for (int i = 1; i <= 20; ++i) {
    auto source = memory{size, static_cast<uint64_t>(i)};
    auto& from = write ? x.here : x.there;
    std::ranges::copy(source.view(), from.view().begin());
    REQUIRE(x.start() == errc::none);
    CHECK(x.there == x.here);
    CHECK(x.there == source);
  }
  CHECK(x.status(x.active).status == status::complete);
  // The owner hears of the end a little later than the reader.
  CHECK(x.stage->until(
    [&x, size] { return x.status(x.passive).bytes == 20 * size; }));
}

TEST_CASE("on every lane a start that is cancelled does not spoil the next") {
  auto lane = GENERATE(from_range(lanes()));
  auto write = GENERATE(true, false);
  prepared_stage x{lane, 0};
  INFO(x.name << (write ? ", write" : ", read"));
  auto size = 200 * x.stage->chunk_size() + 1;
  prepared_stage y{lane, size};
  y.prepare(write);
  for (int i = 0; i < 5; ++i) {
    auto first = y.starting();
    if (i % 2 == 1)
      y.until_moving(y.active);
    auto busy = y.start();
    CHECK((busy == errc::operation_busy || first.answered()));
    auto end = y.cancel(y.active);
    auto answer = y.get(first);
    if (end.status == status::complete)
      CHECK(answer);
    else
      CHECK(code_of(answer.error()) == errc::cancelled);
    CHECK(y.start() == errc::none);
    CHECK(y.there == y.here);
    (write ? y.there : y.here).reclaim();
  }
}

TEST_CASE("on every lane a start has a deadline of its own") {
  auto lane = GENERATE(from_range(lanes()));
  prepared_stage x{lane, 10};
  INFO(x.name);
  operation_options opts;
  opts.deadline = 200ms;
  x.prepare(true, opts);
  for (int i = 0; i < 3; ++i) {
    CHECK(x.start() == errc::none);
    x.stage->linger();
  }
}

TEST_CASE("on every lane a prepared operation outlives what ends its starts") {
  auto lane = GENERATE(from_range(lanes()));
  prepared_stage x{lane, 10};
  INFO(x.name);
  x.prepare(false);
  CHECK(x.start() == errc::none);
  CHECK(x.cancel(x.passive).status == status::cancelled);
  CHECK(x.start() == errc::operation_ended);
  CHECK(x.start() == errc::operation_ended);
  CHECK(x.status(x.active).status == status::errored);
}

TEST_CASE("on every lane a prepared operation that is dropped ends its start") {
  auto lane = GENERATE(from_range(lanes()));
  prepared_stage x{lane, 0};
  INFO(x.name);
  prepared_stage y{lane, 200 * x.stage->chunk_size() + 1};
  y.prepare(true);
  auto first = y.starting();
  y.active = {};
  // Who waits for the start does not keep it alive, but hears of its end.
  auto end = y.get(first);
  CHECK((end || code_of(end.error()) == errc::cancelled));
}

TEST_CASE("on every lane a notification can come with each start") {
  auto lane = GENERATE(from_range(lanes()));
  prepared_stage x{lane, 10};
  INFO(x.name);
  claim_log log{x};
  auto terms = standing();
  terms.listener = log.listener();
  x.passive = x.writable(x.there, terms);
  operation_options opts;
  opts.notification = "usual";
  x.active = x.prepare_write(x.here, x.passive, opts);
  auto start = [&x](std::string text) {
    auto end = x.ask<report>(x.active.actor(), start_atom_v, std::move(text));
    return end ? errc::none : code_of(end.error());
  };
  CHECK(x.start() == errc::none);
  CHECK(log.next().notification == "usual");
  CHECK(start("special") == errc::none);
  CHECK(log.next().notification == "special");
  CHECK(x.start() == errc::none);
  CHECK(log.next().notification == "usual");
  CHECK(start(std::string(max_notification_size + 1, 'x'))
        == errc::invalid_option);
  CHECK(x.start() == errc::none);
  CHECK(log.next().notification == "usual");
  CHECK(log.empty());
}
