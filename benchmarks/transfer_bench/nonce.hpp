// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace transfer_bench {

/// Names this process and a random number in its memory.
std::string introduce_memory();

/// Returns whether the process that has introduced itself with `line` runs on
/// this host and lets us read its memory. The number tells a process of
/// another host from the one that has the same PID here.
bool is_readable(const std::string& line);

} // namespace transfer_bench
