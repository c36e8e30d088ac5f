// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace transfer_bench {

/// Aligns columns of text to the right.
class text_table {
public:
  explicit text_table(std::vector<std::string> head);

  void add(std::vector<std::string> cells);

  void print(std::ostream& out) const;

private:
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> lines_;
};

} // namespace transfer_bench
