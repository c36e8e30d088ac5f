// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/host_id.hpp"

#include <caf/hash/fnv.hpp>

#include <fstream>
#include <string>

namespace rdma::local {

uint64_t host_id() {
  std::ifstream in{"/proc/sys/kernel/random/boot_id"};
  std::string text;
  if (!std::getline(in, text) || text.empty())
    return 0;
  return caf::hash::fnv<uint64_t>::compute(text);
}

} // namespace rdma::local
