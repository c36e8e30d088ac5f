// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

// A forger knows SHA-256. What gets past the digest must neither crash nor
// break the ranges.

namespace {

/// Offset of the version in the canonical form, behind the root pointer; the
/// kind follows.
constexpr size_t version_offset = 8;

constexpr size_t kind_offset = 10;

std::vector<std::byte> body_of(const metadata& x) {
  auto bytes = to_bytes(x);
  bytes.resize(bytes.size() - 32);
  return bytes;
}

errc code_with(size_t offset, int value) {
  auto body = body_of(test::sample_metadata());
  body[offset] = static_cast<std::byte>(value);
  auto x = metadata_from_bytes(detail::seal(body));
  return x ? errc::none : code_of(x.error());
}

void check_ranges(const metadata& x) {
  REQUIRE(!x.worker.id.empty());
  REQUIRE(x.worker.id.size() <= 255);
  REQUIRE(x.worker.incarnation != 0);
  REQUIRE(!x.worker.address.empty());
  REQUIRE(x.worker.address.size() <= 4096);
  REQUIRE(!x.descriptors.empty());
  REQUIRE(x.kind <= operation_kind::readable);
  for (const auto& y : x.descriptors) {
    REQUIRE(y.size > 0);
    REQUIRE(y.device.type <= device_type::cuda);
  }
}

} // namespace

TEST_CASE("metadata of another format version is an unsupported version") {
  CHECK(code_with(version_offset, 1) == errc::none);
  CHECK(code_with(version_offset, 0) == errc::unsupported_version);
  CHECK(code_with(version_offset, 2) == errc::unsupported_version);
  CHECK(code_with(version_offset + 1, 1) == errc::unsupported_version);
}

TEST_CASE("a kind whose low byte is a known one is still unknown") {
  CHECK(code_with(kind_offset, 0) == errc::none);
  CHECK(code_with(kind_offset + 1, 1) == errc::malformed_metadata);
}

TEST_CASE("a sealed body that is not a number of words is refused") {
  auto body = body_of(test::sample_metadata());
  body.pop_back();
  CHECK(!metadata_from_bytes(detail::seal(body)));
}

TEST_CASE("a sealed body that is not canonical is refused") {
  auto body = body_of(test::sample_metadata());
  body.resize(body.size() + 8);
  auto x = metadata_from_bytes(detail::seal(body));
  REQUIRE(!x);
  CHECK(reason_of(x.error()) == "the encoding is not canonical");
}

TEST_CASE("a re-sealed body truncated anywhere is refused") {
  auto body = body_of(test::sample_metadata());
  for (size_t n = 0; n < body.size(); ++n)
    CHECK(!metadata_from_bytes(detail::seal(std::span{body}.first(n))));
}

TEST_CASE("re-sealed forgeries are refused or within the ranges") {
  auto original = body_of(test::sample_metadata());
  std::minstd_rand rng{2};
  size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto body = original;
    test::mutate(body, rng);
    if (auto x = metadata_from_bytes(detail::seal(body))) {
      ++accepted;
      check_ranges(*x);
      REQUIRE(metadata_from_bytes(to_bytes(*x)) == x);
    }
  }
  CHECK(accepted > 0);
  CHECK(accepted < 20'000);
}

TEST_CASE("re-sealed random words are refused") {
  std::minstd_rand rng{3};
  for (int i = 0; i < 5'000; ++i) {
    std::vector<std::byte> body(8 * (1 + rng() % 32));
    for (auto& x : body)
      x = static_cast<std::byte>(rng() % 4 == 0 ? rng() : 0);
    CHECK(!metadata_from_bytes(detail::seal(body)));
  }
}
