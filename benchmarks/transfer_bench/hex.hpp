// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// Returns two hexadecimal digits for each byte.
std::string to_hex(std::span<const unsigned char> bytes);

std::vector<unsigned char> from_hex(const std::string& str);

} // namespace transfer_bench
