// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

namespace {

/// Encodes the sample after `change` and decodes it; `to_bytes` checks nothing.
template <class F>
errc decode_after(F change) {
  auto x = test::sample_metadata();
  change(x);
  auto bytes = metadata_from_bytes(to_bytes(x));
  auto text = metadata_from_text(to_text(x));
  auto json = metadata_from_json(to_json(x));
  if (bytes)
    return text && json ? errc::none : errc::outcome_unknown;
  CHECK(!text);
  CHECK(!json);
  return code_of(bytes.error());
}

constexpr auto malformed = errc::malformed_metadata;

} // namespace

TEST_CASE("a worker id has 1 to 255 bytes and no NUL") {
  auto with = [](std::string id) {
    return decode_after([&](metadata& x) { x.worker.id = id; });
  };
  CHECK(with("") == malformed);
  CHECK(with(std::string(256, 'x')) == malformed);
  CHECK(with(std::string{"a\0b", 3}) == malformed);
  CHECK(with(std::string(255, 'x')) == errc::none);
}

TEST_CASE("an incarnation is not 0") {
  CHECK(decode_after([](auto& x) { x.worker.incarnation = 0; }) == malformed);
}

TEST_CASE("a worker address has 1 to 4096 bytes") {
  auto with = [](size_t n) {
    return decode_after(
      [n](metadata& x) { x.worker.address = test::make_bytes(n); });
  };
  CHECK(with(0) == malformed);
  CHECK(with(4097) == malformed);
  CHECK(with(1) == errc::none);
  CHECK(with(4096) == errc::none);
}

TEST_CASE("metadata names 1 to 65536 descriptors") {
  auto with = [](size_t n) {
    return decode_after([n](metadata& x) { x.descriptors.assign(n, {1, {}}); });
  };
  CHECK(with(0) == malformed);
  CHECK(with(65537) == malformed);
  CHECK(with(65536) == errc::none);
}

TEST_CASE("every descriptor has a size and their sum fits 64 bits") {
  auto with = [](uint64_t size) {
    return decode_after([=](metadata& x) {
      x.descriptors = {{10, cpu}, {size, cpu}};
    });
  };
  CHECK(with(0) == malformed);
  CHECK(with(UINT64_MAX - 9) == malformed);
  CHECK(with(UINT64_MAX - 10) == errc::none);
}

TEST_CASE("devices and kinds are known ones") {
  CHECK(decode_after([](auto& x) {
          x.descriptors[0].device.type = static_cast<device_type>(2);
        })
        == malformed);
  CHECK(decode_after([](auto& x) { x.descriptors[0].device.id = 1; })
        == malformed);
  CHECK(decode_after([](auto& x) { x.kind = static_cast<operation_kind>(2); })
        == malformed);
}

TEST_CASE("metadata truncated anywhere is refused") {
  auto bytes = to_bytes(test::sample_metadata());
  for (size_t n = 0; n < bytes.size(); ++n) {
    auto x = metadata_from_bytes(std::span{bytes}.first(n));
    REQUIRE(!x);
    CHECK(code_of(x.error()) == malformed);
  }
}

TEST_CASE("metadata with bytes behind it is refused") {
  auto bytes = to_bytes(test::sample_metadata());
  for (int i = 0; i < 64; ++i) {
    bytes.emplace_back();
    CHECK(!metadata_from_bytes(bytes));
  }
}

TEST_CASE("metadata of any alignment is decoded") {
  auto x = test::sample_metadata();
  auto bytes = to_bytes(x);
  for (size_t i = 0; i < 8; ++i) {
    std::vector<std::byte> buf(i);
    buf.insert(buf.end(), bytes.begin(), bytes.end());
    CHECK(metadata_from_bytes(std::span{buf}.subspan(i)) == x);
  }
}

TEST_CASE("more bytes than the limit are refused unseen") {
  std::vector<std::byte> bytes(max_metadata_size + 1);
  auto x = metadata_from_bytes(bytes);
  REQUIRE(!x);
  CHECK(reason_of(x.error()).find("exceed the limit") != std::string::npos);
}

TEST_CASE("damaged metadata is always refused") {
  auto original = to_bytes(test::sample_metadata());
  std::minstd_rand rng{1};
  size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = original;
    test::mutate(bytes, rng);
    if (bytes != original && metadata_from_bytes(bytes))
      ++accepted;
  }
  CHECK(accepted == 0);
}
