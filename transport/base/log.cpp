// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/logger.hpp>
#include <caf/timestamp.hpp>

#include <thread>
#include <utility>

namespace rdma {

void log_info(caf::actor_system& sys, std::string text) {
  log_info(sys, [&text] { return std::move(text); });
}

// CAF's own macros compile to nothing unless CAF was built with them.
void log_info(caf::actor_system& sys,
              const std::function<std::string()>& make_text) {
  auto& log = sys.logger();
  if (log.accepts(CAF_LOG_LEVEL_INFO, "rdma"))
    log.log(caf::logger::event{CAF_LOG_LEVEL_INFO, 0, "rdma", "", "", "",
                               make_text(), std::this_thread::get_id(), 0,
                               caf::make_timestamp()});
}

} // namespace rdma
