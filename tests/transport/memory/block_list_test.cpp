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
