// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace rdma;

TEST_CASE("every frame round-trips") {
  for (const auto& x : test::sample_frames()) {
    INFO(to_string(x));
    auto y = decode_frame(to_bytes(x));
    REQUIRE(y);
    CHECK(*y == x);
  }
}

TEST_CASE("a frame of any alignment is decoded") {
  for (const auto& x : test::sample_frames()) {
    auto bytes = to_bytes(x);
    for (size_t i = 0; i < 8; ++i) {
      std::vector<std::byte> buf(i);
      buf.insert(buf.end(), bytes.begin(), bytes.end());
      CHECK(decode_frame(std::span{buf}.subspan(i)) == x);
    }
  }
}

TEST_CASE("a frame fits a buffer of its size and no smaller one") {
  for (const auto& x : test::sample_frames()) {
    INFO(to_string(x));
    auto bytes = to_bytes(x);
    alignas(8) std::array<std::byte, max_frame_size> buf;
    buf.fill(std::byte{0xff});
    for (size_t n = 0; n < bytes.size(); ++n)
      REQUIRE(encode(x, std::span{buf}.first(n)) == 0);
    REQUIRE(encode(x, std::span{buf}.first(bytes.size())) == bytes.size());
    CHECK(std::ranges::equal(std::span{buf}.first(bytes.size()), bytes));
    CHECK(std::ranges::all_of(std::span{buf}.subspan(bytes.size()),
                              [](auto y) { return y == std::byte{0xff}; }));
  }
}

TEST_CASE("the largest hello fits a frame") {
  auto x = test::sample_hello();
  x.worker.id.assign(255, 'x');
  x.worker.address = test::make_bytes(4096);
  CHECK(decode_frame(to_bytes({0, 0, x})) == frame{0, 0, x});
}

TEST_CASE("a frame that does not fit has no bytes") {
  auto x = test::sample_hello();
  x.worker.address = test::make_bytes(max_frame_size);
  CHECK(to_bytes({0, 0, x}).empty());
}

TEST_CASE("a long reason is cut between characters") {
  auto decode = [](std::string reason) {
    auto x = decode_frame(
      to_bytes({1, 2, cancel_request{errc::cancelled, std::move(reason)}}));
    REQUIRE(x);
    return std::get<cancel_request>(x->content).reason;
  };
  CHECK(decode(std::string(1024, 'x')).size() == 1024);
  CHECK(decode(std::string(5000, 'x')).size() == 1024);
  auto before = std::string(1023, 'x');
  CHECK(decode(before + "\u00e4" + before) == before);
  CHECK(decode(std::string(5000, '\x80')).empty());
}

TEST_CASE("printing a frame does not tell its tokens") {
  for (const auto& x : test::sample_frames()) {
    auto str = to_string(x);
    INFO(str);
    CHECK(str.find(std::to_string(0xfedcba9876543210)) == std::string::npos);
    CHECK(str.find(std::to_string(0x0123456789abcdef)) == std::string::npos);
  }
}
