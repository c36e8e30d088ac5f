// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace transfer_bench {

/// Bytes that the largest case needs on each side.
inline constexpr size_t memory_size = size_t{64} << 20;

/// Returns page-aligned memory that has been touched.
std::shared_ptr<std::byte[]> make_memory(size_t size);

/// Memory that transfers of this process start or end in; all controls use the
/// same.
std::span<std::byte> memory();

/// Returns the part of the memory for one of several transfers under way.
inline std::span<std::byte> memory_slot(size_t slot, size_t size) {
  return memory().subspan(slot * size, size);
}

} // namespace transfer_bench
