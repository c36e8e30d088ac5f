// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/worker_info.hpp"
#include "caf_rdma/transport/ucx/context.hpp"
#include "caf_rdma/transport/ucx/worker.hpp"

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace rdma::ucx {

/// UCX, up and running, and how to reach it.
struct instance {
  ucx::context context;
  ucx::worker worker;
  worker_info self;

  /// Errors: `ucx_version_mismatch`, `invalid_option`, `no_usable_lane`,
  /// `limit_reached`, `transport_failure`.
  /// See `context` for `max_eager_size`.
  static caf::expected<std::unique_ptr<instance>>
  start(const std::string& tls, uint64_t max_eager_size, std::string worker_id);
};

} // namespace rdma::ucx
