// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace rdma {

/// Writes a line to CAF's log, category "rdma", if the configuration asks for
/// it (`caf.logger.console.verbosity` or `caf.logger.file.verbosity`, at least
/// "info"). For events of links, not for single operations.
void log_info(caf::actor_system& sys, std::string text);

} // namespace rdma
