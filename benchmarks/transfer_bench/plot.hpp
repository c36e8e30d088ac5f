// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "row.hpp"

#include <string>
#include <vector>

namespace transfer_bench {

/// Draws bandwidth and latency over size, one transfer at a time, as SVG. Each
/// lane and each control is a line; of several loops the first one counts.
std::string draw(const std::vector<row>& rows);

} // namespace transfer_bench
