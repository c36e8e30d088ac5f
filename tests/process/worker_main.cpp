// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/worker.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <fcntl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>

namespace {

// Leaves the process so many descriptors that it can still open.
void leave_descriptors(int count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 0;
  for (int fd = 0; count > 0 || fcntl(fd, F_GETFD) >= 0; ++fd) {
    count -= fcntl(fd, F_GETFD) < 0 ? 1 : 0;
    ++limit.rlim_cur;
  }
  setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

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
  if (auto* count = std::getenv("RDMA_TEST_DESCRIPTORS"))
    leave_descriptors(std::atoi(count));
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
