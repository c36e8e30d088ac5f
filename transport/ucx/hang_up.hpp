// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/worker.hpp"

#include <chrono>
#include <cstddef>

namespace rdma::ucx {

/// Shuts down the worker's TCP connections on which data waits to be sent, and
/// nothing has come in for so long: of peers that are silent. Call it once
/// their endpoints are closed. Returns the number of connections.
///
/// UCX keeps the connection of an endpoint that was closed by force, to receive
/// from it. If data still waits there, and the peer goes on and closes its own
/// endpoint, UCX 1.13 frees what it has kept (`uct_tcp_cm_handle_conn_fin`),
/// and uses it to send the data (`uct_tcp_iface_handle_events`). A connection
/// that was shut down ends in another way. UCX does not say which connection is
/// whose, and its descriptors are found by /proc; where that does not work
/// nothing is done.
size_t hang_up(const worker& x, std::chrono::milliseconds silence);

} // namespace rdma::ucx
