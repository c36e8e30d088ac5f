// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>

#include <functional>

namespace rdma_copy {

/// Starts CAF and a runtime, calls `f` and prints the error that it returns.
/// Returns the exit code.
int run(const options& opts,
        const std::function<caf::error(caf::actor_system&, rdma::runtime&)>& f);

} // namespace rdma_copy
