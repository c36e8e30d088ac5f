// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"
#include "row.hpp"

#include <vector>

namespace transfer_bench {

/// Runs the cases that the options ask for. In each round the library and its
/// controls take turns, so that a machine that changes its pace does so for all
/// of them.
std::vector<row> run(const options& opts);

} // namespace transfer_bench
