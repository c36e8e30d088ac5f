// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdlib>
#include <string>

namespace rdma_test {

/// The lane that workers of this host are to use: the suites run once for each.
inline std::string lane() {
  auto* x = std::getenv("RDMA_TEST_LANE");
  return x != nullptr ? x : "ucx";
}

} // namespace rdma_test
