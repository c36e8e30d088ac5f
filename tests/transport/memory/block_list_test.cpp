// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/block_list.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <numeric>

using namespace rdma;

namespace {

struct three_blocks {
  three_blocks() {
    std::iota(xs.begin(), xs.end(), uint8_t{0});
    auto* data = xs.data();
    blocks = block_list{{descriptor{static_cast<void*>(data), 1},
                         descriptor{static_cast<void*>(data + 1), 6},
                         descriptor{static_cast<void*>(data + 7), 3}}};
  }

  /// Returns the bytes of the part, and checks that no piece is empty.
  std::vector<uint8_t> part(uint64_t offset, uint64_t length) {
    std::vector<uint8_t> result;
    pieces = 0;
    blocks.for_each(offset, length, [&](std::span<std::byte> piece) {
      ++pieces;
      CHECK_FALSE(piece.empty());
      for (auto x : piece)
        result.push_back(std::to_integer<uint8_t>(x));
    });
    return result;
  }

  std::array<uint8_t, 10> xs;
  block_list blocks;
  int pieces = 0;
};

} // namespace

TEST_CASE("an empty block list has no bytes and no pieces") {
  block_list xs;
  CHECK(xs.size() == 0);
  xs.for_each(0, 0, [](std::span<std::byte>) { FAIL("a piece of nothing"); });
}

TEST_CASE("a block list is the concatenation of its blocks") {
  three_blocks x;
  CHECK(x.blocks.size() == 10);
  for (size_t offset = 0; offset < 10; ++offset)
    for (size_t length = 0; length <= 10 - offset; ++length) {
      std::vector<uint8_t> expected(length);
      std::iota(expected.begin(), expected.end(), static_cast<uint8_t>(offset));
      CHECK(x.part(offset, length) == expected);
    }
}

TEST_CASE("a part of a block list touches only the blocks that it lies in") {
  three_blocks x;
  x.part(0, 10);
  CHECK(x.pieces == 3);
  x.part(1, 6);
  CHECK(x.pieces == 1);
  x.part(6, 2);
  CHECK(x.pieces == 2);
}

TEST_CASE("a block list keeps the owners of the memory alive") {
  auto owner = std::make_shared<int>();
  std::byte byte;
  {
    block_list xs{{descriptor{&byte, 1, cpu, owner}}};
    CHECK(owner.use_count() == 2);
  }
  CHECK(owner.use_count() == 1);
}

TEST_CASE("lists overlap if a byte belongs to both, whatever their order") {
  std::vector<std::byte> memory(100);
  auto list = [&](std::initializer_list<std::pair<size_t, size_t>> xs) {
    descriptor_list result;
    for (auto [offset, size] : xs)
      result.emplace_back(static_cast<void*>(memory.data() + offset), size,
                          cpu);
    return block_list{std::move(result)};
  };
  CHECK(overlap(list({{0, 50}}), list({{49, 50}})));
  CHECK_FALSE(overlap(list({{0, 50}}), list({{50, 50}})));
  CHECK(overlap(list({{80, 10}, {0, 10}}), list({{40, 10}, {5, 1}})));
  CHECK(overlap(list({{5, 1}, {40, 10}}), list({{0, 10}, {80, 10}})));
  CHECK(overlap(list({{10, 5}, {0, 90}}), list({{20, 1}})));
  CHECK_FALSE(
    overlap(list({{0, 1}, {2, 1}, {4, 1}}), list({{5, 1}, {3, 1}, {1, 1}})));
  CHECK_FALSE(overlap(list({{0, 50}}), block_list{}));
  auto* data = static_cast<void*>(memory.data());
  block_list there{{descriptor{data, 100, cuda(1)}}};
  CHECK_FALSE(overlap(list({{0, 100}}), there));
  CHECK(overlap(there, there));
}

TEST_CASE("a selection of a list costs by the run, and has each block") {
  std::vector<std::byte> memory(4096);
  block_list whole{
    {descriptor{memory.data(), 96}, descriptor{memory.data() + 96, 4000}}};
  selection wanted{{1, 100, 7, 3, 40}, {0, 1, 5, 11, 0}, {1, 20, 50, 10, 10}};
  auto picked = whole.select(wanted);
  CHECK(picked.runs().size() == 3);
  CHECK(picked.count() == 102); // no gap, one block
  std::vector<std::byte*> expected;
  for (auto& x : wanted)
    for (uint64_t i = 0; i < x.count; ++i)
      for (uint64_t j = 0; j < x.length; ++j)
        expected.push_back(memory.data() + (x.descriptor == 0 ? 0 : 96)
                           + x.offset + i * x.stride + j);
  REQUIRE(picked.size() == expected.size());
  for (uint64_t begin = 0; begin < picked.size(); begin += 13)
    for (auto most : {size_t{1}, size_t{2}, expected.size()}) {
      auto length = std::min(most, expected.size() - begin);
      std::vector<std::byte*> found;
      picked.for_each(begin, length, [&found](std::span<std::byte> x) {
        for (auto& y : x)
          found.push_back(&y);
      });
      REQUIRE(found.size() == length);
      CHECK(std::equal(found.begin(), found.end(), &expected[begin]));
    }
}

TEST_CASE("blocks that lie between those of a list do not overlap it") {
  std::vector<std::byte> memory(1000);
  block_list whole{{descriptor{memory.data(), memory.size()}}};
  auto even = whole.select({{0, 50, 0, 10, 20}});
  CHECK_FALSE(overlap(even, whole.select({{0, 50, 10, 10, 20}})));
  CHECK(overlap(even, whole.select({{0, 50, 9, 10, 20}})));
}

TEST_CASE("a list of both the CPU's and GPUs' memory tells which is which") {
  std::vector<std::byte> memory(30);
  block_list xs{{descriptor{memory.data(), 10},
                 descriptor{memory.data() + 10, 10, cuda(1)},
                 descriptor{memory.data() + 20, 10}}};
  std::vector<device> found;
  xs.select({{2, 1, 0, 5, 0}, {1, 1, 0, 5, 0}})
    .for_each_placed(0, 10, [&](std::span<std::byte>, device x) {
      found.push_back(x);
    });
  CHECK(found == std::vector{cpu, cuda(1)});
  CHECK(xs.on_device());
  CHECK_FALSE(xs.select({{0, 2, 0, 1, 2}}).on_device());
}
