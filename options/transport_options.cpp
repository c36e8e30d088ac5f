// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/options/transport_options.hpp"

#include "caf_rdma/messages/error.hpp"

#include <bit>
#include <string>
#include <utility>

namespace rdma {

caf::error check(const transport_options& x) {
  auto bad = [](std::string what) {
    return make_error(errc::invalid_option, std::move(what));
  };
  if (x.lane != "auto" && x.lane != "ucx" && x.lane != "local")
    return bad("lane must be auto, ucx or local, is " + x.lane);
  if (x.chunk_size < 4096 || x.chunk_size > (uint64_t{64} << 20))
    return bad("chunk-size must be 4KiB to 64MiB, is "
               + std::to_string(x.chunk_size) + " bytes");
  if (x.window < 1 || x.window > 1024)
    return bad("window must be 1 to 1024, is " + std::to_string(x.window));
  if (x.local_piece_size < 4096 || x.local_piece_size > (uint64_t{64} << 20))
    return bad("local-piece-size must be 4KiB to 64MiB, is "
               + std::to_string(x.local_piece_size) + " bytes");
  if (auto n = x.local_ring_size;
      n != 0
      && (n < min_local_ring_size || n > max_local_ring_size
          || !std::has_single_bit(n)))
    return bad(
      "local-ring-size must be 0 or a power of two, 128KiB to 1GiB, is "
      + std::to_string(n) + " bytes");
  if (x.max_inbound_bytes < x.chunk_size)
    return bad("max-inbound-bytes must be at least chunk-size");
  if (x.max_outbound_bytes < x.chunk_size)
    return bad("max-outbound-bytes must be at least chunk-size");
  if (x.max_bytes_in_flight < x.chunk_size)
    return bad("max-bytes-in-flight must be at least chunk-size");
  if (x.max_pool_bytes < memory_slab_size
      || x.max_pool_bytes > (uint64_t{1} << 50))
    return bad("max-pool-bytes must be 2MiB to 1PiB, is "
               + std::to_string(x.max_pool_bytes));
  if (x.gpu != "auto" && x.gpu != "off" && x.gpu != "staged")
    return bad("gpu must be auto, off or staged, is " + x.gpu);
  if (x.max_staging_bytes < memory_slab_size
      || x.max_staging_bytes < x.chunk_size)
    return bad("max-staging-bytes must be at least 2MiB and chunk-size, is "
               + std::to_string(x.max_staging_bytes) + " bytes");
  if (x.heartbeat <= caf::timespan{0})
    return bad("heartbeat must be positive");
  if (x.heartbeat_limit / 2 < x.heartbeat) // the double may overflow
    return bad("heartbeat-limit must be at least twice the heartbeat");
  if (x.connect_timeout <= caf::timespan{0})
    return bad("connect-timeout must be positive");
  if (x.max_links < 1)
    return bad("max-peers must be at least 1");
  return {};
}

} // namespace rdma
