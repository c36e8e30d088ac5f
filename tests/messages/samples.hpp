// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/wire/frame.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace rdma::test {

inline std::vector<std::byte> make_bytes(size_t n) {
  std::vector<std::byte> result(n);
  for (size_t i = 0; i < n; ++i)
    result[i] = static_cast<std::byte>(i * 7 + 1);
  return result;
}

inline worker_info sample_worker() {
  return {"worker-1", 0x1122334455667788, make_bytes(93)};
}

inline metadata sample_metadata() {
  return {sample_worker(),
          {0xfedcba9876543210, 0x0123456789abcdef},
          operation_kind::readable,
          {{4096, cpu}, {1, cuda(3)}, {size_t{1} << 40, cuda(0)}}};
}

inline hello sample_hello() {
  return {sample_worker(), 42, 3, 77, 99};
}

/// One frame of each kind, all valid.
inline selection sample_blocks(size_t n) {
  selection result;
  for (size_t i = 0; i < n; ++i)
    result.push_back({static_cast<uint32_t>(i), 3, i * 100, 7, 9});
  return result;
}

inline std::vector<frame> sample_frames() {
  token secret{0xfedcba9876543210, 0x0123456789abcdef};
  return {
    {0, 0, sample_hello()},
    {42, 0, hello_ack{sample_hello()}},
    {42, 0, hello_refused{errc::stale_metadata, 2}},
    {42, 0, pairing{}},
    {42, 0, heartbeat{}},
    {42, 0, local_probe{4711, 8}},
    {42, 0, local_nonce{4711, 0x7f0000001000}},
    {42, 0, local_verdict{true, ""}},
    {42, 0, local_verdict{false, "Operation not permitted"}},
    {42, 0, local_ring{17, 8}},
    {42, 0, local_switch{}},
    {42, 7, offer{secret, 2048, 952, 1024, 3000}},
    {42, 7, offer{secret, 2048, 952, 1024, 3000, 0x7f0000002000, 5}},
    {42, 7, offer{secret, 2048, 952, 1024, 3000, 0x7f0000002000, 5, 0x1000}},
    {42, 7, offer{secret, 2048, 952, 1024, 3000, 0, 0, 0, uint32_t{0}}},
    {42, 7, offer{secret, 2048, 952, 1024, 3000, 0, 0, 0, {}, priority::high}},
    {42, 7,
     offer{secret,
           2048,
           952,
           1024,
           3000,
           0x7f0000002000,
           5,
           0x1000,
           {},
           priority::normal,
           true}},
    {42, 7,
     offer{secret,
           2048,
           952,
           1024,
           3000,
           0,
           0,
           0,
           {},
           priority::normal,
           false,
           true}},
    {42, 7, local_verdict{false, ""}},
    {42, 7, claim{secret, {5, 6}, 3000}},
    {42, 7, claim{secret, {5, 6}, 3000, {}, 0, {}, false, priority::low}},
    {42, 7, claim{secret, {}, 3000, sample_blocks(2), 7, "", true}},
    {42, 7,
     claim{secret,
           {5, 6},
           3000,
           sample_blocks(max_runs_per_frame),
           0,
           std::string(max_notification_size, '\0'),
           false}},
    {42, 7, claim_blocks{sample_blocks(max_runs_per_frame)}},
    {42, 7, chunk_fetched{2048}},
    {42, 0, goodbye{errc::peer_unresponsive, "peer is silent"}},
    {42, 7, cancel_request{errc::deadline_exceeded, "too slow"}},
    {42, 7, transfer_ended{status::complete, errc::none, "", 3000}},
    {42, 7, transfer_ended{status::errored, errc::peer_lost, "UCX: gone", 9}},
  };
}

/// Applies 1 to 4 random changes: a flipped bit, another byte or another word.
template <class Generator>
void mutate(std::span<std::byte> bytes, Generator& rng) {
  for (auto n = 1 + rng() % 4; n > 0; --n) {
    auto i = rng() % bytes.size();
    switch (rng() % 3) {
      case 0:
        bytes[i] ^= static_cast<std::byte>(1u << (rng() % 8));
        break;
      case 1:
        bytes[i] = static_cast<std::byte>(rng());
        break;
      default:
        i -= i % 8;
        for (auto& x : bytes.subspan(i, std::min<size_t>(8, bytes.size() - i)))
          x = static_cast<std::byte>(rng());
    }
  }
}

} // namespace rdma::test
