// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace transfer_bench {

/// Gives the process so many seconds until the next call; then it prints what
/// took too long and ends with an error. So every wait in it is bounded.
void limit_time(const std::string& what, unsigned seconds);

} // namespace transfer_bench
