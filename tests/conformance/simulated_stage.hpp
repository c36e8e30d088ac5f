// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/conformance/lane_stage.hpp"

namespace rdma_conformance {

/// Two workers in a simulated world without faults.
lane_stage_ptr make_simulated_stage();

} // namespace rdma_conformance
