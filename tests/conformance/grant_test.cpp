// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do with standing grants: serve many claims, each for its
// own part of the memory, and nothing that was not granted.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <cstring>

using namespace rdma;
using namespace rdma_conformance;

namespace {

operation_options of_remote(selection xs, selection local = {}) {
  operation_options result;
  result.blocks.remote = std::move(xs);
  result.blocks.local = std::move(local);
  return result;
}

std::byte* data(const memory& x, size_t block = 0) {
  return x.view(block).data();
}

bool equal(const memory& x, size_t x_offset, const memory& y, size_t y_offset,
           size_t length) {
  return std::memcmp(data(x) + x_offset, data(y) + y_offset, length) == 0;
}

} // namespace

TEST_CASE("on every lane a standing grant serves many reads of its parts") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto page = GENERATE(size_t{64}, size_t{100'000});
  INFO(page);
  constexpr size_t pages = 20;
  memory from{pages * page, 1};
  claim_log log{x};
  auto opts = standing();
  opts.listener = log.listener();
  auto passive = x.readable(from, opts);
  std::vector<memory> to(pages, memory{page});
  std::vector<operation> all;
  for (size_t i = 0; i < pages; ++i)
    all.push_back(
      x.read(passive, to[i], of_remote({{0, 1, i * page, page, 0}})));
  for (size_t i = 0; i < pages; ++i) {
    CHECK(x.end_of(all[i]) == errc::none);
    CHECK(equal(from, i * page, to[i], 0, page));
  }
  std::vector<uint64_t> seen;
  for (size_t i = 0; i < pages; ++i) {
    auto claim = log.next();
    CHECK(claim.status == status::complete);
    CHECK(claim.bytes == page);
    CHECK_FALSE(claim.peer.empty());
    REQUIRE(claim.blocks.size() == 1);
    seen.push_back(claim.blocks[0].offset / page);
  }
  std::ranges::sort(seen);
  for (size_t i = 0; i < pages; ++i)
    CHECK(seen[i] == i);
  auto at = x.status(passive);
  CHECK(at.status == status::in_progress);
  CHECK(at.bytes == pages * page);
  CHECK(x.cancel(passive).status == status::cancelled);
  CHECK(log.empty());
}

TEST_CASE("on every lane a standing grant takes many writes into its parts") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto page = GENERATE(size_t{64}, size_t{100'000});
  INFO(page);
  constexpr size_t pages = 20;
  memory to{pages * page};
  claim_log log{x};
  auto opts = standing(pages);
  opts.listener = log.listener();
  auto passive = x.writable(to, opts);
  memory from{pages * page, 1};
  std::vector<operation> all;
  for (size_t i = 0; i < pages; ++i) {
    selection part{{0, 1, i * page, page, 0}};
    all.push_back(x.write(from, passive, of_remote(part, part)));
  }
  for (auto& op : all)
    CHECK(x.end_of(op) == errc::none);
  CHECK(to == from);
  // It is over with the last claim, not before.
  auto end = x.wait(passive);
  REQUIRE(end);
  CHECK(end->bytes == pages * page);
  CHECK(end->total == pages * page);
  for (size_t i = 0; i < pages; ++i)
    CHECK(log.next().status == status::complete);
  auto late = x.write(from, passive);
  CHECK(x.end_of(late) == errc::operation_ended);
}

TEST_CASE("on every lane the two sides may cut their memory differently") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  // Every fourth row of eight bytes there, one piece and a bit here.
  constexpr size_t rows = 1000;
  memory matrix{{rows * 32, 10}, 1};
  memory packed{{rows * 8 - 3, 3}};
  auto blocks = selection{{0, rows, 4, 8, 32}};
  auto readable = x.readable(matrix, standing());
  auto reader = x.read(readable, packed, of_remote(blocks));
  CHECK(x.end_of(reader) == errc::none);
  std::vector<std::byte> expected;
  for (size_t i = 0; i < rows; ++i)
    expected.insert(expected.end(), data(matrix) + i * 32 + 4,
                    data(matrix) + i * 32 + 12);
  CHECK(std::memcmp(data(packed), expected.data(), rows * 8 - 3) == 0);
  CHECK(std::memcmp(data(packed, 1), expected.data() + rows * 8 - 3, 3) == 0);
  // And back, to a plain grant, from blocks.
  memory copy{rows * 8};
  auto writable = x.writable(copy);
  operation_options opts;
  opts.blocks.local = blocks;
  auto writer = x.write(matrix, writable, opts);
  CHECK(x.end_of(writer) == errc::none);
  CHECK(x.end_of(writable) == errc::none);
  CHECK(std::memcmp(data(copy), expected.data(), expected.size()) == 0);
}

TEST_CASE("every lane moves 100,000 blocks in one operation") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  constexpr size_t count = 100'000;
  memory there{count * 5, 1};
  memory here{count * 3};
  operation_options opts;
  size_t used = 0;
  for (size_t i = 0; i < count; ++i) {
    // No two neighbours are alike, so no two make a run.
    auto length = 1 + i % 3;
    opts.blocks.add(0, (count - 1 - i) * 5, 0, used, length);
    used += length;
  }
  auto readable = x.readable(there, standing());
  auto reader = x.read(readable, here, opts);
  CHECK(x.end_of(reader) == errc::none);
  used = 0;
  size_t wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    auto length = 1 + i % 3;
    wrong += equal(there, (count - 1 - i) * 5, here, used, length) ? 0 : 1;
    used += length;
  }
  CHECK(wrong == 0);
  // And back.
  memory again{count * 5};
  auto writable = x.writable(again, standing());
  auto writer = x.write(here, writable, opts);
  CHECK(x.end_of(writer) == errc::none);
  wrong = 0;
  for (size_t i = 0; i < count; ++i)
    wrong += equal(there, i * 5, again, i * 5, 1) ? 0 : 1;
  CHECK(wrong == 0);
}

TEST_CASE("on every lane a notification comes once, after the bytes") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto size = GENERATE(size_t{8}, size_t{3'000'000});
  auto text = GENERATE(std::string{}, std::string{"a\0b", 3},
                       std::string(max_notification_size, 'x'));
  INFO(size << ' ' << text.size());
  memory there{size};
  memory here{size, 1};
  claim_log log{x};
  operation_options opts;
  opts.listener = log.listener();
  auto passive = x.writable(there, opts);
  operation_options wanted;
  wanted.notification = text;
  auto active = x.write(here, passive, wanted);
  auto claim = log.next();
  CHECK(claim.notification == text);
  CHECK(there == here);
  CHECK(x.end_of(active) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  CHECK(log.empty());
  // The reader's comes once the bytes are with the reader.
  auto readable = x.readable(there, opts);
  memory back{size};
  auto reader = x.read(readable, back, wanted);
  CHECK(x.end_of(reader) == errc::none);
  CHECK(log.next().notification == text);
  CHECK(x.end_of(readable) == errc::none);
  CHECK(log.empty());
}

TEST_CASE("every lane checks the checksums that either side asks for") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto size = GENERATE(size_t{5}, size_t{5'000'001});
  INFO(size);
  memory there{size};
  memory here{size, 1};
  operation_options opts;
  opts.verify = GENERATE(false, true);
  opts.grant.verify = false;
  operation_options terms;
  terms.grant.verify = !opts.verify;
  auto writable = x.writable(there, terms);
  auto writer = x.write(here, writable, opts);
  CHECK(x.end_of(writer) == errc::none);
  CHECK(x.end_of(writable) == errc::none);
  CHECK(there == here);
  memory back{size};
  auto readable = x.readable(there, terms);
  auto reader = x.read(readable, back, opts);
  CHECK(x.end_of(reader) == errc::none);
  CHECK(x.end_of(readable) == errc::none);
  CHECK(back == here);
}

TEST_CASE("no lane does what was not granted, whatever the metadata says") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory there{100, 1};
  memory ten{10};
  auto untouched = memory{there};
  auto begin = [&](metadata what, operation_options opts) {
    auto op = what.kind == operation_kind::writable
                ? x.ask<operation>(x.stage->alice(), begin_write_atom_v,
                                   ten.describe(), what, opts)
                : x.ask<operation>(x.stage->alice(), begin_read_atom_v, what,
                                   ten.describe(), opts);
    return op ? x.end_of(*op) : code_of(op.error());
  };
  auto kind = GENERATE(operation_kind::writable, operation_kind::readable);
  auto make = [&](operation_options opts) {
    return kind == operation_kind::writable ? x.writable(there, opts)
                                            : x.readable(there, opts);
  };
  SECTION("blocks of a grant for all of the memory") {
    auto opts = standing();
    opts.grant.blocks = false;
    auto passive = make(opts);
    auto what = x.metadata(passive);
    CHECK(begin(what, of_remote({{0, 1, 0, 10, 0}})) == errc::not_granted);
    what.terms.blocks = true;
    CHECK(begin(what, of_remote({{0, 1, 0, 10, 0}})) == errc::not_granted);
    CHECK(x.cancel(passive).status == status::cancelled);
  }
  SECTION("blocks of a plain operation, which stays good") {
    auto passive = make({});
    auto what = x.metadata(passive);
    what.terms.blocks = true;
    CHECK(begin(what, of_remote({{0, 1, 0, 10, 0}})) != errc::none);
    CHECK(x.status(passive).status == status::initialized);
    CHECK(x.cancel(passive).status == status::cancelled);
  }
  SECTION("blocks outside the memory") {
    auto passive = make(standing());
    auto what = x.metadata(passive);
    CHECK(begin(what, of_remote({{0, 1, 91, 10, 0}})) == errc::bad_selection);
    CHECK(begin(what, of_remote({{1, 1, 0, 10, 0}})) == errc::bad_selection);
    what.descriptors[0].size = 101;
    what.descriptors.push_back({100, cpu});
    CHECK(begin(what, of_remote({{0, 1, 91, 10, 0}})) == errc::bad_selection);
    CHECK(begin(what, of_remote({{1, 1, 0, 10, 0}})) == errc::bad_selection);
    CHECK(begin(what, of_remote({{0, 2, 0, 5, 96}})) == errc::bad_selection);
    CHECK(begin(what, of_remote({{0, 1, 90, 10, 0}})) == errc::none);
    CHECK(x.cancel(passive).status == status::cancelled);
    if (kind == operation_kind::writable)
      std::memcpy(data(there) + 90, data(untouched) + 90, 10);
  }
  SECTION("another total") {
    auto passive = make(standing());
    CHECK(begin(x.metadata(passive), of_remote({{0, 1, 0, 11, 0}}))
          == errc::size_mismatch);
    CHECK(begin(x.metadata(passive), of_remote({{0, 1, 0, 9, 0}}))
          == errc::size_mismatch);
    CHECK(x.cancel(passive).status == status::cancelled);
  }
  SECTION("another worker") {
    auto opts = standing();
    opts.grant.workers = {"somebody else"};
    auto passive = make(opts);
    auto what = x.metadata(passive);
    CHECK(begin(what, of_remote({{0, 1, 0, 10, 0}})) == errc::not_granted);
    what.terms.workers.clear();
    CHECK(begin(what, of_remote({{0, 1, 0, 10, 0}})) == errc::not_granted);
    CHECK(x.cancel(passive).status == status::cancelled);
  }
  SECTION("a notification that nobody listens for") {
    auto passive = make(standing());
    auto what = x.metadata(passive);
    auto opts = of_remote({{0, 1, 0, 10, 0}});
    opts.notification = "hello";
    CHECK(begin(what, opts) == errc::not_granted);
    what.terms.notifications = true;
    CHECK(begin(what, opts) == errc::not_granted);
    opts.notification = std::string(max_notification_size + 1, 'x');
    CHECK(begin(what, opts) == errc::invalid_option);
    CHECK(x.cancel(passive).status == status::cancelled);
  }
  CHECK(there == untouched);
}
