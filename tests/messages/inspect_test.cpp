// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/operation_options.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/message.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

namespace {

template <class T>
caf::byte_buffer save(const T& x) {
  caf::byte_buffer result;
  caf::binary_serializer sink{nullptr, result};
  REQUIRE(sink.apply(x));
  return result;
}

template <class T>
bool load(T& x, const caf::byte_buffer& buf) {
  caf::binary_deserializer source{nullptr, buf};
  return source.apply(x);
}

template <class T>
void check_round_trip(const T& x) {
  T y{};
  REQUIRE(load(y, save(x)));
  CHECK(x == y);
}

} // namespace

TEST_CASE("values round-trip through CAF's binary serializer") {
  check_round_trip(test::sample_metadata());
  check_round_trip(errc::peer_lost);
  check_round_trip(status::in_progress);
  check_round_trip(report{status::errored, 1, 2, "ucx", "w2",
                          make_error(errc::peer_lost, "gone")});
}

TEST_CASE("metadata travels in a CAF message") {
  auto x = test::sample_metadata();
  caf::message y;
  REQUIRE(load(y, save(caf::make_message(x, status::complete))));
  REQUIRE(y.match_elements<metadata, status>());
  CHECK(y.get_as<metadata>(0) == x);
  CHECK(y.get_as<status>(1) == status::complete);
}

TEST_CASE("an error keeps its sentence in a CAF message") {
  caf::error x;
  REQUIRE(load(x, save(make_error(errc::link_reset, "UCX: reset"))));
  CHECK(x == errc::link_reset);
  CHECK(reason_of(x) == "UCX: reset");
}

TEST_CASE("unknown numbers do not become codes or statuses") {
  errc code;
  CHECK(!load(code, save(uint8_t{255})));
  status st;
  CHECK(!load(st, save(uint8_t{6})));
}

TEST_CASE("damaged metadata in a CAF message is refused") {
  auto original = save(test::sample_metadata());
  metadata x;
  for (size_t i = 0; i < original.size(); ++i) {
    auto buf = original;
    buf[i] = static_cast<caf::byte>(static_cast<uint8_t>(buf[i]) ^ 1);
    CHECK(!load(x, buf));
    buf.resize(i);
    CHECK(!load(x, buf));
  }
}

TEST_CASE("metadata in a CAF message is refused with a code of ours") {
  auto buf = save(test::sample_metadata());
  buf.back() = static_cast<caf::byte>(~static_cast<uint8_t>(buf.back()));
  metadata x;
  caf::binary_deserializer source{nullptr, buf};
  CHECK(!source.apply(x));
  CHECK(source.get_error() == errc::malformed_metadata);
}

TEST_CASE("metadata that claims to be huge is refused before it is read") {
  caf::byte_buffer buf;
  caf::binary_serializer sink{nullptr, buf};
  REQUIRE(sink.begin_sequence(max_metadata_size + 1));
  metadata x;
  CHECK(!load(x, buf));
}

TEST_CASE("printing metadata does not tell the token") {
  auto x = test::sample_metadata();
  for (const auto& str : {to_string(x), caf::deep_to_string(x),
                          caf::to_string(caf::make_message(x))}) {
    INFO(str);
    CHECK(str.find("worker-1") != std::string::npos);
    for (auto part :
         {std::to_string(x.secret.high), std::to_string(x.secret.low),
          std::string{"fedcba98"}, std::string{"FEDCBA98"},
          std::string{"10325476"}, std::string{"b64"}})
      CHECK(str.find(part) == std::string::npos);
  }
}
