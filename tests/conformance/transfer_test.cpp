// SPDX-License-Identifier: BSD-3-Clause

// What every lane must do: move bytes.

#include "caf_rdma/tests/conformance/scenario.hpp"

#include <catch2/generators/catch_generators_range.hpp>

using namespace rdma;
using namespace rdma_conformance;

TEST_CASE("every lane moves transfers of any size, both ways") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  auto chunk = x.stage->chunk_size();
  for (auto size : {size_t{1}, size_t{7}, chunk - 1, chunk, chunk + 1,
                    4 * chunk, 20 * chunk + 3}) {
    INFO(size);
    memory from{size, 1};
    memory to{size};
    auto passive = x.writable(to);
    auto active = x.write(from, passive);
    auto end = x.wait(active);
    REQUIRE(end);
    CHECK(end->bytes == size);
    CHECK(end->lane == x.lane(memory::where.sources));
    CHECK(x.end_of(passive) == errc::none);
    CHECK(to == from);
    memory back{size};
    auto source = x.readable(from);
    auto reader = x.read(source, back);
    CHECK(x.end_of(reader) == errc::none);
    CHECK(x.end_of(source) == errc::none);
    CHECK(back == from);
  }
}

TEST_CASE("every lane moves scattered blocks") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  std::vector<size_t> sizes;
  for (size_t i = 1; i <= 300; ++i)
    sizes.push_back(i * 7 % 50 + 1);
  memory from{sizes, 1};
  memory to{sizes};
  auto passive = x.writable(to);
  auto active = x.write(from, passive);
  CHECK(x.end_of(active) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  CHECK(to == from);
}

TEST_CASE("every lane moves many transfers at once") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  constexpr size_t count = 50;
  auto size = 5 * x.stage->chunk_size() + 1;
  std::vector<memory> from;
  std::vector<memory> to(count, memory{size});
  std::vector<operation> all;
  for (size_t i = 0; i < count; ++i)
    from.emplace_back(size, i + 1);
  for (size_t i = 0; i < count; ++i) {
    all.push_back(i % 2 == 0 ? x.writable(to[i]) : x.readable(from[i]));
    auto passive = all.back();
    all.push_back(i % 2 == 0 ? x.write(from[i], passive)
                             : x.read(passive, to[i]));
  }
  for (auto& op : all)
    CHECK(x.end_of(op) == errc::none);
  CHECK(from == to);
}

TEST_CASE("no lane begins a transfer of lists that do not pair") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory two{{10, 10}};
  memory same{20};
  memory other{{10, 11}};
  auto passive = x.writable(two);
  auto metadata = x.metadata(passive);
  auto refusal = [&](memory& from) {
    return code_of(x.ask<operation>(x.stage->alice(), begin_write_atom_v,
                                    from.describe(), metadata)
                     .error());
  };
  CHECK(refusal(same) == errc::count_mismatch);
  CHECK(refusal(other) == errc::size_mismatch);
  CHECK(code_of(x.ask<operation>(x.stage->alice(), begin_read_atom_v, metadata,
                                 two.describe())
                  .error())
        == errc::kind_mismatch);
  memory good{{10, 10}, 1};
  CHECK(x.end_of(x.write(good, passive)) == errc::none);
  CHECK(two == good);
}

TEST_CASE("on every lane the first claim wins") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory to{100};
  memory from{100, 1};
  memory late{100, 2};
  auto passive = x.writable(to);
  auto metadata = x.metadata(passive);
  CHECK(x.end_of(x.write(from, passive)) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  auto second = x.make(x.stage->alice(), begin_write_atom_v, late.describe(),
                       metadata);
  CHECK(x.end_of(second) == errc::operation_ended);
  CHECK(to == from);
}

TEST_CASE("no lane takes a forged token") {
  scenario x{GENERATE(from_range(lanes()))};
  INFO(x.name);
  memory to{100};
  memory from{100, 1};
  auto passive = x.writable(to);
  auto forged = x.metadata(passive);
  ++forged.secret.low;
  auto thief = x.make(x.stage->alice(), begin_write_atom_v, from.describe(),
                      forged);
  CHECK(x.end_of(thief) == errc::unknown_operation);
  CHECK(to == memory{100});
  CHECK(x.end_of(x.write(from, passive)) == errc::none);
  CHECK(to == from);
}
