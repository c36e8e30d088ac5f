// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>

namespace transfer_bench {

/// Listens on all interfaces; port 0 lets the system choose. Ends the program
/// on failure, like all functions here.
int listen_on(uint16_t port);

/// Returns the port of a socket that listens.
uint16_t port_of(int fd);

/// Waits for one peer.
int accept_from(int fd, int seconds);

/// Connects to a host name or address.
int connect_to(const std::string& host, const std::string& port);

} // namespace transfer_bench
