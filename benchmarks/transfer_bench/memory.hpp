// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace transfer_bench {

/// Returns page-aligned memory that has been touched.
std::shared_ptr<std::byte[]> make_memory(size_t size);

/// Makes `memory()` at least so large; must not be called while in use.
void reserve_memory(size_t size);

/// Memory that transfers of this process start or end in. The library and all
/// controls use the same, in the same order.
std::span<std::byte> memory();

/// Returns how much memory `x` needs, at most `max_memory`.
size_t memory_for(const work& x);

/// More transfers under way than fit into so many bytes share memory.
inline constexpr size_t max_memory = size_t{1} << 30;

/// Returns how many slots of so many bytes do not share memory.
size_t memory_slots(size_t size);

/// Returns where the transfer in the given slot of `x` lies in `memory()`.
std::span<std::byte> memory_slot(size_t slot, size_t size);

/// Returns the blocks of the transfer in the given slot, in an order that is
/// not the order of their addresses.
std::vector<std::span<std::byte>> memory_blocks(size_t slot, const work& x);

/// Resident memory of this process in KiB, less `memory()`.
double resident_kib();

} // namespace transfer_bench
