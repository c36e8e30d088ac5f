// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace rdma::local {

/// Names this machine until it boots again: a digest of Linux's boot ID. Two
/// workers with the same number may still be kept apart, e.g., by containers.
/// 0 if the machine does not tell.
uint64_t host_id();

} // namespace rdma::local
