// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/operation_core.hpp"
#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

namespace transfer_bench {

/// Spawns a connector whose writes move nothing and check nothing: each one
/// spawns an actor behind a handle, which tells a transport of its source and
/// hears at once that it has ended. Other requests are refused.
rdma::connector_actor spawn_bare_connector(rdma::progress_loop& loop);

} // namespace transfer_bench
