// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/real_stage.hpp"
#include "caf_rdma/tests/conformance/simulated_stage.hpp"

namespace rdma_conformance {

std::vector<lane_under_test> lanes() {
  return {
    {"simulated", [] { return make_simulated_stage(); }},
    {"self", [] { return make_self_stage(); }},
    {"local", [] { return make_two_runtimes("", "local"); }},
    {"ucx", [] { return make_two_runtimes("", "ucx"); }},
    {"ucx over tcp", [] { return make_two_runtimes("tcp", "ucx"); }},
  };
}

} // namespace rdma_conformance
