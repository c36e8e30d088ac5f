// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/worker.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <iostream>

int main(int argc, char* argv[]) {
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  rdma::config config;
  if (auto err = config.parse(argc, argv); err != caf::none) {
    std::cout << "error none " << to_string(err) << std::endl;
    return 1;
  }
  caf::actor_system sys{config};
  auto options = rdma::runtime_options::from(config);
  options.transport.space = rdma_test::gpus();
  auto runtime = rdma::runtime::make(sys, std::move(options));
  if (!runtime) {
    std::cout << "error none " << to_string(runtime.error()) << std::endl;
    return 1;
  }
  rdma_test::worker worker{sys, *runtime};
  std::cout << "ok " << runtime->lanes() << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";)
    std::cout << worker.handle(line) << std::endl;
}
