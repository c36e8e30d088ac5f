// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/conformance/lane_stage.hpp"

namespace rdma_conformance {

/// Two connectors of one runtime. The GPUs of `space` are pretended ones; null:
/// real ones.
lane_stage_ptr make_self_stage(rdma::memory_space_ptr space = gpus());

/// Two runtimes, joined by UCX with these transports (empty lets UCX choose),
/// that use the lane "ucx" or "local".
lane_stage_ptr make_two_runtimes(std::string tls, std::string lane,
                                 rdma::memory_space_ptr space = gpus());

} // namespace rdma_conformance
