// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/memory/block_list.hpp"

#include <cstdint>

namespace rdma {

/// Returns the CRC32C of a part of the memory.
uint32_t checksum(const block_list& xs, uint64_t offset, uint64_t length);

} // namespace rdma
