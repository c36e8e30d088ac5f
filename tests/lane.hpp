// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdlib>
#include <string>

namespace rdma_test {

/// The lane that workers of this host are to use: the suites run once for each,
/// and once more with the memory of pretended GPUs (RDMA_TEST_GPU names the
/// lane, then).
inline std::string lane() {
  for (auto* name : {"RDMA_TEST_LANE", "RDMA_TEST_GPU"})
    if (auto* x = std::getenv(name))
      return x;
  return "ucx";
}

} // namespace rdma_test
