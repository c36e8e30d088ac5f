// SPDX-License-Identifier: BSD-3-Clause

// Measures caf-rdma. See benchmarks/README.md.

#include "benchmark.hpp"
#include "options.hpp"
#include "server.hpp"

#include "caf_rdma/actors/init.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <fstream>
#include <iostream>

int main(int argc, char* argv[]) {
  using namespace transfer_bench;
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  options opts;
  if (auto code = parse(argc, argv, opts))
    return *code;
  if (opts.serve_fd)
    return serve(*opts.serve_fd);
  auto rows = run(opts);
  print(std::cout, rows);
  if (opts.json.empty())
    return 0;
  std::ofstream out{opts.json};
  out << to_json(rows) << '\n';
  if (!out.flush())
    die("cannot write " + opts.json);
}
