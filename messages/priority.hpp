// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>

namespace rdma {

/// Which of several transfers on one link goes first. A lower one waits for as
/// long as a higher one has something to move; transfers of the same priority
/// take turns, chunk by chunk.
enum class priority : uint8_t { low, normal, high };

inline constexpr size_t priority_count = 3;

/// True if `x` is one of the above.
constexpr bool valid(priority x) noexcept {
  return static_cast<size_t>(x) < priority_count;
}

} // namespace rdma
