// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/real_stage.hpp"
#include "caf_rdma/tests/conformance/simulated_stage.hpp"

namespace rdma_conformance {

std::vector<lane_under_test> lanes() {
  return {
    {"simulated", [] { return make_simulated_stage(); }},
    {"self", [] { return make_self_stage(); }},
    {"ucx", [] { return make_ucx_stage(""); }},
    {"ucx over tcp", [] { return make_ucx_stage("tcp"); }},
  };
}

} // namespace rdma_conformance
