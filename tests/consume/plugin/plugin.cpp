// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/init.hpp"
#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/messages/version.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>

/// What a host gets that loads the plugin: the version, if a runtime starts.
extern "C" const char* try_runtime() {
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto runtime = rdma::runtime::make(sys);
  return runtime ? CAF_RDMA_VERSION_STRING : nullptr;
}
