// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>

namespace rdma::ucx {

// UCX opens its descriptors so that programs inherit them which this process
// starts: a helper that outlives it keeps its connections and ports alive, and
// its peers take it for alive, too. What is UCX's, and not the user's, is what
// its epoll instances watch (/proc/self/fdinfo; Linux 5 or newer).

/// Makes close-on-exec what UCX has opened for a worker by now, where `fd` is
/// the one that becomes readable on its events, and for UCX's own thread. To be
/// called while the worker has an endpoint.
void close_all_on_exec(int fd);

/// The same for what has come since: the connections of the worker. Returns
/// how many descriptors it has looked at; each costs 3 us.
size_t close_connections_on_exec(int fd);

} // namespace rdma::ucx
