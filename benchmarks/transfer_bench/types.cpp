// SPDX-License-Identifier: BSD-3-Clause

#include "types.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace transfer_bench {

std::string to_string(direction x) {
  return x == direction::write ? "write" : "read";
}

std::string to_string(loop_mode x) {
  return x == loop_mode::polling ? "polling" : "default";
}

std::string to_string(caller x) {
  return x == caller::loop ? "loop" : "scoped";
}

double percentile(std::vector<double> xs, double p) {
  if (xs.empty())
    return 0;
  auto n = static_cast<size_t>(p * static_cast<double>(xs.size() - 1) + 0.5);
  auto i = xs.begin() + static_cast<std::ptrdiff_t>(n);
  std::nth_element(xs.begin(), i, xs.end());
  return *i;
}

void die(const std::string& why) {
  std::cerr << "transfer_bench: " << why << std::endl;
  std::_Exit(1); // threads may be running
}

} // namespace transfer_bench
