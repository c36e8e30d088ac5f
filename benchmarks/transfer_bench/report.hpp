// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "row.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace transfer_bench {

/// Prints tables for people.
void print(std::ostream& out, const std::vector<row>& rows);

/// Returns a JSON array with an object for each row and control.
std::string to_json(const std::vector<row>& rows);

/// Returns the size as people write it, e.g., "4 KiB".
std::string show_size(size_t bytes);

} // namespace transfer_bench
