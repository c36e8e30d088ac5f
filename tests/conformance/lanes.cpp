// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/conformance/real_stage.hpp"
#include "caf_rdma/tests/conformance/simulated_stage.hpp"

namespace rdma_conformance {

namespace {

std::vector<lane_under_test> plain_lanes() {
  return {
    {"simulated", [] { return make_simulated_stage(); }},
    {"self", [] { return make_self_stage(); }},
    {"local", [] { return make_two_runtimes("", "local"); }},
    {"ucx", [] { return make_two_runtimes("", "ucx"); }},
    {"ucx over tcp", [] { return make_two_runtimes("tcp", "ucx"); }},
  };
}

} // namespace

const std::shared_ptr<rdma::test::fenced_space>& gpus() {
  static auto result = std::make_shared<rdma::test::fenced_space>();
  return result;
}

std::vector<lane_under_test> lanes() {
  auto result = plain_lanes();
  // The simulation proper has GPUs, too; and they do not care what carries UCX.
  for (auto& lane : {result[1], result[2], result[3]})
    for (auto where : {placement{rdma::cpu, rdma::cuda(0)},
                       placement{rdma::cuda(0), rdma::cpu},
                       placement{rdma::cuda(0), rdma::cuda(1)}}) {
      auto& x = result.emplace_back(lane);
      x.name += ", " + to_string(where.sources) + " to "
                + to_string(where.destinations);
      x.where = where;
    }
  return result;
}

std::vector<lane_under_test> gpu_lanes() {
  auto result = lanes();
  std::erase_if(result,
                [](const lane_under_test& x) { return !x.where.on_gpu(); });
  return result;
}

} // namespace rdma_conformance
