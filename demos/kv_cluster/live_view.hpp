// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "faults.hpp"
#include "overview.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace kv_cluster {

/// Rates of nodes go by so many seconds.
inline constexpr double rate_window = 3;

/// Returns how it goes as a page: a bar, the figures so far, a line for each
/// node, and the last fault.
std::string to_page(const overview& x, const std::vector<fault>& faults);

/// Returns how it goes in a line.
std::string to_line(const overview& x);

/// Shows how it goes: on a terminal a page that is drawn again and again,
/// otherwise lines.
class live_view {
public:
  live_view(std::ostream& out, bool terminal);

  void show(const overview& x, const std::vector<fault>& faults);

private:
  std::ostream& out_;
  bool terminal_;
  size_t drawn_ = 0; // lines
};

} // namespace kv_cluster
