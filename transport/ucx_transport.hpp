// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"
#include "caf_rdma/transport/memory/memory_pool.hpp"
#include "caf_rdma/transport/memory/memory_space.hpp"

#include <caf/expected.hpp>

#include <string>

namespace rdma {

/// A transport that has started.
struct ucx_transport {
  transport_actor handle;
  /// How other workers reach this one.
  worker_info self;
  /// Release of the UCX library, e.g., "1.13.1".
  std::string version;
  /// What UCX found on this machine, e.g., "self/memory0 tcp/lo".
  std::string lanes;
  /// Memory that is registered with UCX, and pinned if there are GPUs. To be
  /// retired before the loop stops.
  memory_pool_ptr memory;
  gpu_access gpus;
};

/// Starts UCX on the loop's thread and spawns the actor that drives it. Blocks
/// until UCX is up. Fails with `ucx_version_mismatch`, `no_usable_lane`,
/// `invalid_option`, `limit_reached` or `transport_failure`.
caf::expected<ucx_transport> spawn_ucx_transport(progress_loop& loop,
                                                 transport_options options,
                                                 std::string worker_id);

} // namespace rdma
