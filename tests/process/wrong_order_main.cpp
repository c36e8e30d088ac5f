// SPDX-License-Identifier: BSD-3-Clause

// Destroys the actor system before the runtime, which must be caught.

#include "caf_rdma/actors/runtime.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <iostream>
#include <memory>

int main() {
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  rdma::config config;
  auto sys = std::make_unique<caf::actor_system>(config);
  auto runtime = rdma::runtime::make(*sys);
  if (!runtime)
    std::cerr << to_string(runtime.error()) << '\n';
  sys.reset();
  std::cerr << "nobody has noticed\n";
}
