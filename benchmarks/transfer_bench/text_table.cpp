// SPDX-License-Identifier: BSD-3-Clause

#include "text_table.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <utility>

namespace transfer_bench {

text_table::text_table(std::vector<std::string> head) : widths_(head.size()) {
  add(std::move(head));
}

void text_table::add(std::vector<std::string> cells) {
  for (size_t i = 0; i < cells.size(); ++i)
    widths_[i] = std::max(widths_[i], cells[i].size());
  lines_.push_back(std::move(cells));
}

void text_table::print(std::ostream& out) const {
  for (auto& line : lines_) {
    for (size_t i = 0; i < line.size(); ++i)
      out << (i > 0 ? "  " : "") << std::setw(static_cast<int>(widths_[i]))
          << line[i];
    out << '\n';
  }
}

} // namespace transfer_bench
