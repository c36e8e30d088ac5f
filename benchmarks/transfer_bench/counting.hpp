// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"

namespace transfer_bench {

/// Runs as many operations as the options say and nothing else. Callgrind
/// counts their instructions, and those of no preparation.
void count_operations(const options& opts);

} // namespace transfer_bench
