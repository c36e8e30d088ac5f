// SPDX-License-Identifier: BSD-3-Clause

#include "faults.hpp"

#include <fstream>
#include <utility>

namespace kv_cluster {

std::vector<fault> read_faults(const std::string& file) {
  std::vector<fault> result;
  std::ifstream in{file};
  fault x;
  while (in >> x.time && in.get() == '\t' && std::getline(in, x.what)
         && !in.eof())
    result.push_back(x);
  return result;
}

} // namespace kv_cluster
