// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace rdma::ucx {

/// Keeps UCX's log off the standard output, where it goes by default: warnings
/// and errors are remembered for `last_complaint`, and are printed, to the
/// standard error, only if the environment sets UCX_LOG_LEVEL. Calling it again
/// has no effect.
void capture_log();

/// Takes what UCX complained about on this thread within the last second; empty
/// if there was nothing.
std::string last_complaint();

} // namespace rdma::ucx
