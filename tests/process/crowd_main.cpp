// SPDX-License-Identifier: BSD-3-Clause

// Many workers in one process:
//
//     rdma_test_crowd COUNT [OPTIONS]
//
// Reads lines "INDEX COMMAND" and answers as `worker` does.

#include "caf_rdma/tests/process/worker.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <deque>
#include <iostream>
#include <sstream>

namespace {

struct member {
  member(caf::actor_system& sys, rdma::runtime rt)
    : runtime(std::move(rt)), worker(sys, runtime) {
    // nop
  }

  rdma::runtime runtime;
  rdma_test::worker worker;
};

int fail(const caf::error& reason) {
  std::cout << "error none " << to_string(reason) << std::endl;
  return 1;
}

} // namespace

int main(int argc, char* argv[]) {
  if (argc < 2)
    return 2;
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  auto count = std::stoul(argv[1]);
  rdma::config config;
  if (auto err = config.parse(argc - 1, argv + 1); err != caf::none)
    return fail(err);
  caf::actor_system sys{config};
  std::deque<member> members;
  while (members.size() < count) {
    auto runtime = rdma::runtime::make(sys);
    if (!runtime)
      return fail(runtime.error());
    members.emplace_back(sys, std::move(*runtime));
  }
  std::cout << "ok" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::istringstream in{line};
    size_t index = 0;
    in >> index >> std::ws;
    std::getline(in, line);
    std::cout << members.at(index).worker.handle(line) << std::endl;
  }
}
