// SPDX-License-Identifier: BSD-3-Clause
//
// The state machine of transfers: a transfer table between owners that grant
// and withdraw, peers that send anything, and lanes that take their time.

#include "caf_rdma/tests/fuzz/table_driver.hpp"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdma::fuzz::table_driver driver{rdma::fuzz::input{data, size}};
  driver.run();
  return 0;
}
