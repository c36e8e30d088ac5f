// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/transport/ucx/log_capture.hpp"

#include <ucs/type/status.h>

#include <string>

namespace rdma::ucx {

/// Creates an error that keeps UCX's own words: the status, and what UCX has
/// logged about it.
inline caf::error make_error(errc code, const std::string& what,
                             ucs_status_t status) {
  auto text = what + " (UCX: " + ucs_status_string(status);
  if (auto complaint = last_complaint(); !complaint.empty())
    text += "; " + complaint;
  return rdma::make_error(code, text + ")");
}

} // namespace rdma::ucx
