// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"

namespace rdma_copy {

/// Puts or gets a file and shows how it goes; returns the exit code.
int copy(const options& opts);

} // namespace rdma_copy
