// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

namespace {

constexpr auto violation = errc::protocol_violation;

/// Encodes without checks and returns what decoding says.
template <class T>
errc decode(T content) {
  auto bytes = to_bytes(frame{1, 2, std::move(content)});
  REQUIRE(!bytes.empty());
  auto x = decode_frame(bytes);
  return x ? errc::none : code_of(x.error());
}

template <class F>
errc decode_hello(F change) {
  auto x = test::sample_hello();
  change(x);
  auto result = decode(x);
  CHECK(decode(hello_ack{x}) == result);
  return result;
}

errc decode_offer(uint64_t offset, uint32_t length, uint32_t chunk_size,
                  uint64_t total) {
  return decode(offer{{1, 2}, offset, length, chunk_size, total});
}

} // namespace

TEST_CASE("a hello names a worker within the ranges") {
  CHECK(decode_hello([](auto&) {}) == errc::none);
  CHECK(decode_hello([](auto& x) { x.worker.id = ""; }) == violation);
  CHECK(decode_hello([](auto& x) { x.worker.id.assign(256, 'x'); })
        == violation);
  CHECK(decode_hello([](auto& x) { x.worker.id.push_back('\0'); })
        == violation);
  CHECK(decode_hello([](auto& x) { x.worker.incarnation = 0; }) == violation);
  CHECK(decode_hello([](auto& x) { x.worker.address.clear(); }) == violation);
  CHECK(decode_hello([](auto& x) { x.worker.address.resize(4097); })
        == violation);
}

TEST_CASE("a hello has a link id and counts its endpoint") {
  CHECK(decode_hello([](auto& x) { x.link_id = 0; }) == violation);
  CHECK(decode_hello([](auto& x) { x.endpoint_count = 0; }) == violation);
  CHECK(decode_hello([](auto& x) { x.target_incarnation = 0; }) == errc::none);
}

TEST_CASE("a refusal has a known code other than none") {
  CHECK(decode(hello_refused{errc::stale_metadata, 0}) == errc::none);
  CHECK(decode(hello_refused{errc::none, 1}) == violation);
  CHECK(decode(hello_refused{static_cast<errc>(255), 1}) == violation);
}

TEST_CASE("an offer names a chunk of its transfer") {
  CHECK(decode_offer(0, 10, 10, 10) == errc::none);
  CHECK(decode_offer(0, 10, 20, 10) == errc::none);
  CHECK(decode_offer(10, 10, 10, 25) == errc::none);
  CHECK(decode_offer(20, 5, 10, 25) == errc::none);
  CHECK(decode_offer(0, UINT32_MAX, UINT32_MAX, UINT64_MAX) == errc::none);
}

TEST_CASE("an offer has bytes") {
  CHECK(decode_offer(0, 0, 10, 10) == violation);
  CHECK(decode_offer(0, 10, 0, 10) == violation);
  CHECK(decode_offer(0, 10, 10, 0) == violation);
  CHECK(decode_offer(10, 0, 10, 10) == violation);
}

TEST_CASE("an offer starts at a multiple of the chunk size") {
  CHECK(decode_offer(5, 10, 10, 25) == violation);
  CHECK(decode_offer(1, 9, 10, 10) == violation);
}

TEST_CASE("an offer lies within the transfer, even where sums wrap") {
  CHECK(decode_offer(10, 10, 10, 10) == violation);
  CHECK(decode_offer(30, 10, 10, 25) == violation);
  CHECK(decode_offer(UINT64_MAX - 9, 10, 1, 25) == violation);
  CHECK(decode_offer(UINT64_MAX, 1, 1, 25) == violation);
}

TEST_CASE("an offer is as long as its chunk") {
  CHECK(decode_offer(0, 9, 10, 25) == violation);
  CHECK(decode_offer(0, 11, 10, 25) == violation);
  CHECK(decode_offer(20, 10, 10, 25) == violation);
  CHECK(decode_offer(20, 4, 10, 25) == violation);
}

TEST_CASE("an offer in place names a cell, its seal, and memory that exists") {
  auto in_place = [](uint64_t cell, uint64_t seal, uint64_t block) {
    return decode(offer{{1, 2}, 0, 10, 10, 10, cell, seal, block});
  };
  CHECK(in_place(0, 0, 0) == errc::none);
  CHECK(in_place(8, 9, 0) == errc::none);
  CHECK(in_place(8, 9, 4096) == errc::none);
  CHECK(in_place(8, 0, 0) == violation);
  CHECK(in_place(0, 9, 0) == violation);
  CHECK(in_place(0, 0, 4096) == violation);
  CHECK(in_place(8, 9, UINT64_MAX - 9) == violation);
}

TEST_CASE("what decides about the local lane names a process") {
  CHECK(decode(local_probe{1, 2}) == errc::none);
  CHECK(decode(local_probe{0, 2}) == violation);
  CHECK(decode(local_probe{1, 0}) == violation);
  CHECK(decode(local_nonce{1, 2}) == errc::none);
  CHECK(decode(local_nonce{0, 2}) == violation);
  CHECK(decode(local_nonce{1, 0}) == violation);
  CHECK(decode(local_ring{0, 2}) == errc::none);
  CHECK(decode(local_ring{uint32_t{1} << 31, 2}) == violation);
  CHECK(decode(local_ring{1, 0}) == violation);
}

TEST_CASE("frames that follow each other are told apart by their sizes") {
  std::vector<std::byte> all;
  for (auto& x : test::sample_frames()) {
    auto bytes = to_bytes(x);
    CHECK(first_frame_size(bytes) == bytes.size());
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  std::span<const std::byte> rest{all};
  for (auto& x : test::sample_frames()) {
    auto n = first_frame_size(rest);
    REQUIRE(n > 0);
    CHECK(decode_frame(rest.first(n)) == x);
    CHECK(first_frame_size(rest.first(n - 1)) == 0);
    rest = rest.subspan(n);
  }
  CHECK(first_frame_size(rest) == 0);
}

TEST_CASE("a request asks for bytes") {
  CHECK(decode(claim{{1, 2}, {3, 4}, 1}) == errc::none);
  CHECK(decode(claim{{1, 2}, {3, 4}, 0}) == violation);
}

TEST_CASE("a cancel has a known code other than none") {
  for (auto code : {errc::cancelled, errc::deadline_exceeded,
                    errc::shutting_down, errc::transport_failure})
    CHECK(decode(cancel_request{code, ""}) == errc::none);
  CHECK(decode(cancel_request{errc::none, ""}) == violation);
  CHECK(decode(goodbye{errc::none, ""}) == violation);
  CHECK(decode(cancel_request{static_cast<errc>(100), ""}) == violation);
}

TEST_CASE("an ended transfer has a final status") {
  for (auto x : {status::uninitialized, status::initialized,
                 status::in_progress, static_cast<status>(6)})
    CHECK(decode(transfer_ended{x, errc::peer_lost, "", 0}) == violation);
  for (auto x : {status::cancelled, status::errored})
    CHECK(decode(transfer_ended{x, errc::peer_lost, "", 0}) == errc::none);
}

TEST_CASE("an ended transfer has a code exactly if it is not complete") {
  CHECK(decode(transfer_ended{status::complete, errc::none, "", 1})
        == errc::none);
  CHECK(decode(transfer_ended{status::complete, errc::cancelled, "", 1})
        == violation);
  CHECK(decode(transfer_ended{status::cancelled, errc::none, "", 1})
        == violation);
  CHECK(decode(transfer_ended{status::errored, static_cast<errc>(100), "", 1})
        == violation);
}

TEST_CASE("offers and claims have a priority that exists") {
  auto of_offer = [](priority x) {
    return decode(offer{{1, 2}, 0, 10, 10, 10, 0, 0, 0, {}, x});
  };
  auto of_claim = [](priority x) {
    return decode(claim{{1, 2}, {3, 4}, 1, {}, 0, {}, false, x});
  };
  for (auto x : {priority::low, priority::normal, priority::high}) {
    CHECK(of_offer(x) == errc::none);
    CHECK(of_claim(x) == errc::none);
  }
  for (auto x : {3, 255}) {
    CHECK(of_offer(static_cast<priority>(x)) == violation);
    CHECK(of_claim(static_cast<priority>(x)) == violation);
  }
}
