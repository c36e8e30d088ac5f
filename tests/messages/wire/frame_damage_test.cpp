// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace rdma;

namespace {

// -- the ranges, once more and by other means --------------------------------

bool in_range(const hello& x) {
  return !x.worker.id.empty() && x.worker.id.size() <= 255
         && x.worker.incarnation != 0 && !x.worker.address.empty()
         && x.worker.address.size() <= 4096 && x.link_id != 0
         && x.endpoint_count >= 1;
}

bool in_range(const hello_ack& x) {
  return in_range(x.self);
}

bool is_known(errc x) {
  errc y;
  return from_integer(static_cast<uint8_t>(x), y);
}

bool in_range(const hello_refused& x) {
  return is_known(x.code) && x.code != errc::none;
}

bool in_range(const pairing&) {
  return true;
}

bool in_range(const heartbeat&) {
  return true;
}

bool in_range(const local_probe& x) {
  return x.pid != 0 && x.nonce != 0;
}

bool in_range(const local_nonce& x) {
  return x.pid != 0 && x.address != 0;
}

bool in_range(const local_verdict& x) {
  return x.reason.size() <= max_reason_size;
}

bool in_range(const local_ring& x) {
  return x.fd <= INT32_MAX && x.nonce != 0;
}

bool in_range(const local_switch&) {
  return true;
}

bool in_range(const offer& x) {
  if (x.in_place() != (x.seal != 0) || (x.block != 0 && !x.in_place())
      || (x.passing && x.block == 0) || (x.anew && x.in_place()))
    return false;
  auto last = x.total - x.offset == x.length;
  return x.length > 0 && x.offset < x.total && x.length <= x.total - x.offset
         && x.offset / x.chunk_size * x.chunk_size == x.offset
         && (last ? x.length <= x.chunk_size : x.length == x.chunk_size);
}

bool in_range(const claim& x) {
  return x.total > 0 && x.blocks.size() + x.more_blocks <= max_selected_runs
         && (x.more_blocks == 0 || !x.blocks.empty())
         && (!x.notification
             || x.notification->size() <= max_notification_size);
}

bool in_range(const claim_blocks& x) {
  return !x.blocks.empty();
}

bool in_range(const chunk_fetched&) {
  return true;
}

bool in_range(const cancel_request& x) {
  return is_known(x.code) && x.code != errc::none
         && x.reason.size() <= max_reason_size;
}

bool in_range(const goodbye& x) {
  return in_range(cancel_request{x.code, x.reason});
}

bool in_range(const transfer_ended& x) {
  return is_final(x.status) && is_known(x.code)
         && (x.code == errc::none) == (x.status == status::complete)
         && x.reason.size() <= max_reason_size;
}

bool in_range(const frame& x) {
  return std::visit([](const auto& y) { return in_range(y); }, x.content);
}

bool is_refusal(const caf::expected<frame>& x) {
  return !x
         && (x.error() == errc::protocol_violation
             || x.error() == errc::unsupported_version);
}

// -- forged hellos -----------------------------------------------------------

/// Where the sealed hello starts in its frame: behind the segment table, the
/// root pointer, two words of data, one of the union's tag and one pointer.
constexpr size_t sealed_offset = 48;

struct forged_hello {
  std::vector<std::byte> bytes = to_bytes({0, 0, test::sample_hello()});

  std::span<std::byte> body() {
    // The list pointer in front holds the size in its upper 29 bits.
    uint32_t n = 0;
    for (size_t i = 0; i < 4; ++i)
      n |= std::to_integer<uint32_t>(bytes[sealed_offset - 4 + i]) << (8 * i);
    return std::span{bytes}.subspan(sealed_offset, (n >> 3) - 32);
  }

  caf::expected<frame> decode() {
    auto sum = detail::sha256(body());
    REQUIRE(sum);
    std::ranges::copy(*sum, body().data() + body().size());
    return decode_frame(bytes);
  }
};

} // namespace

TEST_CASE("a frame truncated anywhere is refused") {
  for (const auto& x : test::sample_frames()) {
    auto bytes = to_bytes(x);
    for (size_t n = 0; n < bytes.size(); ++n)
      CHECK(is_refusal(decode_frame(std::span{bytes}.first(n))));
  }
}

TEST_CASE("a frame with bytes behind it is refused") {
  for (const auto& x : test::sample_frames()) {
    auto bytes = to_bytes(x);
    for (int i = 0; i < 16; ++i) {
      bytes.emplace_back();
      CHECK(is_refusal(decode_frame(bytes)));
    }
  }
}

TEST_CASE("a frame larger than the limit is refused") {
  std::vector<std::byte> bytes(max_frame_size + 8);
  auto words = bytes.size() / 8 - 1;
  bytes[4] = static_cast<std::byte>(words);
  bytes[5] = static_cast<std::byte>(words >> 8);
  CHECK(is_refusal(decode_frame(bytes)));
}

TEST_CASE("a frame of several segments is refused") {
  auto bytes = to_bytes(test::sample_frames()[4]);
  bytes[0] = std::byte{1};
  CHECK(is_refusal(decode_frame(bytes)));
}

TEST_CASE("a frame of an unknown kind is refused") {
  auto bytes = to_bytes(test::sample_frames()[3]);
  bytes[32] = std::byte{8}; // the union's tag
  CHECK(is_refusal(decode_frame(bytes)));
}

TEST_CASE("a code whose low byte is a known one is still unknown") {
  auto bytes = to_bytes({1, 2, cancel_request{errc::cancelled, ""}});
  REQUIRE(bytes[48] == std::byte{60});
  bytes[49] = std::byte{1};
  CHECK(is_refusal(decode_frame(bytes)));
}

TEST_CASE("damaged frames are refused or within the ranges") {
  auto samples = test::sample_frames();
  std::minstd_rand rng{4};
  size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = to_bytes(samples[rng() % samples.size()]);
    test::mutate(bytes, rng);
    auto x = decode_frame(bytes);
    if (!x) {
      REQUIRE(is_refusal(x));
      continue;
    }
    ++accepted;
    REQUIRE(in_range(*x));
    REQUIRE(decode_frame(to_bytes(*x)) == x);
  }
  CHECK(accepted > 0);
}

TEST_CASE("random words are refused or within the ranges") {
  std::minstd_rand rng{5};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> bytes(8 * (2 + rng() % 20));
    for (auto& x : bytes)
      x = static_cast<std::byte>(rng() % 4 == 0 ? rng() : 0);
    std::fill_n(bytes.begin(), 8, std::byte{0});
    bytes[4] = static_cast<std::byte>(bytes.size() / 8 - 1);
    auto x = decode_frame(bytes);
    REQUIRE((x ? in_range(*x) : is_refusal(x)));
  }
}

TEST_CASE("a damaged hello is always refused") {
  auto original = forged_hello{};
  for (size_t i = 0; i < original.body().size() + 32; ++i) {
    auto x = original;
    x.bytes[sealed_offset + i] ^= std::byte{16};
    CHECK(is_refusal(decode_frame(x.bytes)));
  }
}

TEST_CASE("a hello of another format version is read, to be refused") {
  forged_hello x;
  x.body()[8] = std::byte{protocol_version + 1};
  auto y = x.decode();
  REQUIRE(y);
  CHECK(std::get<hello>(y->content).version == protocol_version + 1);
}

TEST_CASE("re-sealed hellos are refused or within the ranges") {
  std::minstd_rand rng{6};
  size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    forged_hello x;
    test::mutate(x.body(), rng);
    auto y = x.decode();
    accepted += static_cast<bool>(y);
    REQUIRE((y ? in_range(*y) : is_refusal(y)));
  }
  CHECK(accepted > 0);
}
