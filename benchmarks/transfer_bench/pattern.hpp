// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

namespace transfer_bench {

/// Writes bytes that depend on `seed` to the edges of all blocks that `x`
/// moves: the same in each slot, as any may meet any.
void fill_pattern(const work& x, unsigned seed);

/// Returns whether the edges hold what `fill_pattern` writes.
bool check_pattern(const work& x, unsigned seed);

} // namespace transfer_bench
