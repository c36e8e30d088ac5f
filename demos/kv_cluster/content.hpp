// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "trace.hpp"

#include <span>

namespace kv_cluster {

/// Writes what a block of that name consists of: stands in for a prefill.
void fill(block_id id, std::span<std::byte> block);

/// Returns whether every byte is that of the block.
bool check(block_id id, std::span<const std::byte> block);

} // namespace kv_cluster
