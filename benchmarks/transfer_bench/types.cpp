// SPDX-License-Identifier: BSD-3-Clause

#include "types.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace transfer_bench {

std::string to_string(direction x) {
  return x == direction::write ? "write" : "read";
}

std::string to_string(loop_mode x) {
  switch (x) {
    case loop_mode::polling:
      return "polling";
    case loop_mode::standard:
      return "default";
    default:
      return "sleeping";
  }
}

loop_mode parse_loop(const std::string& str) {
  for (auto x : {loop_mode::polling, loop_mode::standard})
    if (to_string(x) == str)
      return x;
  return loop_mode::sleeping;
}

std::string to_string(caller x) {
  return x == caller::loop ? "loop" : "scoped";
}

std::string to_line(const work& x) {
  std::ostringstream out;
  out << static_cast<int>(x.kind) << ' ' << static_cast<int>(x.mode) << ' '
      << x.size << ' ' << x.blocks << ' ' << x.outstanding << ' ' << x.count
      << ' ' << static_cast<int>(x.who);
  return out.str();
}

work parse_work(std::istream& in) {
  work result;
  int kind = 0;
  int mode = 0;
  int who = 0;
  in >> kind >> mode >> result.size >> result.blocks >> result.outstanding
    >> result.count >> who;
  if (!in)
    die("the other process does not speak this version's language");
  result.kind = static_cast<work_kind>(kind);
  result.mode = static_cast<direction>(mode);
  result.who = static_cast<caller>(who);
  return result;
}

std::string describe(const work& x) {
  auto result = to_string(x.mode) + " of " + std::to_string(x.size) + " bytes";
  if (x.blocks > 1)
    result += " in " + std::to_string(x.blocks) + " blocks";
  return result + ", " + std::to_string(x.outstanding) + " outstanding";
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
  std::cerr << program_invocation_short_name << ": " << why << std::endl;
  std::_Exit(1); // threads may be running
}

} // namespace transfer_bench
