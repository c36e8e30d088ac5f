// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>

namespace rdma_test {

/// Returns a port of the loopback interface that nobody uses at the moment.
uint16_t free_port();

/// Returns what CAF's Prometheus endpoint answers on that port; empty if nobody
/// does within a second.
std::string scrape(uint16_t port);

} // namespace rdma_test
