// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/fwd.hpp>

#include <functional>
#include <string>

namespace rdma {

/// Writes a line to CAF's log, category "rdma", if the configuration asks for
/// it (`caf.logger.console.verbosity` or `caf.logger.file.verbosity`, at least
/// "info"). For events of links and for failures, not for what goes well.
void log_info(caf::actor_system& sys, std::string text);

/// The same with a text that is made only if somebody wants it.
void log_info(caf::actor_system& sys,
              const std::function<std::string()>& make_text);

} // namespace rdma
