// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>
#include <caf/timespan.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rdma {

class memory_space;

using memory_space_ptr = std::shared_ptr<memory_space>;

/// Bytes of the smallest and of the largest ring in shared memory.
inline constexpr uint64_t min_local_ring_size = uint64_t{128} << 10;

inline constexpr uint64_t max_local_ring_size = uint64_t{1} << 30;

/// Bytes that a pool of memory maps at a time, or more.
inline constexpr uint64_t memory_slab_size = uint64_t{2} << 20;

/// How a transport moves bytes and watches its peers.
struct transport_options {
  /// UCX transports to use, in the form of UCX_TLS; empty leaves the choice to
  /// UCX's environment variables, else all but shared memory are used.
  std::string tls;
  /// How bytes go to processes of this host: "auto" (in place where that is
  /// possible), "ucx" (never in place), "local" (in place, or there is no link:
  /// `no_usable_lane`).
  std::string lane = "auto";
  /// Bytes of one chunk, 4 KiB to 64 MiB. Must cross the slowest link in well
  /// below the heartbeat's limit: only whole chunks are signs of life, and
  /// heartbeats cannot overtake a chunk.
  uint64_t chunk_size = uint64_t{512} << 10;
  /// Chunks in flight per transfer, 1 to 1,024.
  uint64_t window = 4;
  /// Chunks of at least so many bytes go by rendezvous, smaller ones eagerly.
  uint64_t rendezvous_threshold = uint64_t{32} << 10;
  /// Bytes to read at a time from a process of this host, 4 KiB to 64 MiB; all
  /// else waits for so long.
  uint64_t local_piece_size = uint64_t{1} << 20;
  /// Bytes of the shared memory through which a process of this host sends
  /// frames and small chunks: a power of two, 128 KiB to 1 GiB; 0: by UCX.
  uint64_t local_ring_size = uint64_t{128} << 10;
  /// Bytes that may be on their way from one peer by rendezvous; further offers
  /// wait. Links are given what they carry, so that small transfers and
  /// heartbeats do not wait behind bulk.
  uint64_t max_inbound_bytes = uint64_t{64} << 20;
  /// Bytes that may be on their way to one peer and not have left; further
  /// chunks wait. What the peer fetches in place does not count.
  uint64_t max_outbound_bytes = uint64_t{64} << 20;
  /// The same for all peers together, in each direction. A peer that has
  /// nothing on its way may always have one chunk.
  uint64_t max_bytes_in_flight = uint64_t{256} << 20;
  /// Bytes of memory that `runtime::allocate` may have mapped, 2 MiB to
  /// 1 PiB.
  uint64_t max_pool_bytes = uint64_t{4} << 30;
  /// Whether to use the GPUs: "auto", "off", or "staged", which never has UCX
  /// touch their memory.
  std::string gpu = "auto";
  /// Bytes of host memory through which the bytes of GPUs pass, in each
  /// direction: at least 2 MiB and a chunk. With less than two chunks nothing
  /// is copied while something is sent.
  uint64_t max_staging_bytes = uint64_t{64} << 20;
  /// The memory of the GPUs; null: what CUDA finds. For tests.
  memory_space_ptr space = nullptr;
  /// Time between two signs of life to each peer.
  caf::timespan heartbeat = std::chrono::seconds{1};
  /// A peer that is silent for so long is given up (`peer_unresponsive`).
  caf::timespan heartbeat_limit = std::chrono::seconds{3};
  /// Time that a link may take to come up (`peer_unreachable`).
  caf::timespan connect_timeout = std::chrono::seconds{5};
  /// Links at the same time (`limit_reached`).
  uint64_t max_links = 1024;
};

/// Returns `invalid_option` if a value is outside its range.
caf::error check(const transport_options& x);

} // namespace rdma
