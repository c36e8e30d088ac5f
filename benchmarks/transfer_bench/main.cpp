// SPDX-License-Identifier: BSD-3-Clause

// Measures caf-rdma. See benchmarks/README.md.

#include "benchmark.hpp"
#include "counting.hpp"
#include "options.hpp"
#include "plot.hpp"
#include "report.hpp"
#include "server.hpp"

#include "caf_rdma/actors/init.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <fstream>
#include <iostream>

namespace {

using namespace transfer_bench;

void write_file(const std::string& name, const std::string& text) {
  if (name.empty())
    return;
  std::ofstream out{name};
  out << text << '\n';
  if (!out.flush())
    die("cannot write " + name);
}

} // namespace

int main(int argc, char* argv[]) {
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  options opts;
  if (auto code = parse(argc, argv, opts))
    return *code;
  if (opts.serve_fd)
    return serve(*opts.serve_fd);
  if (opts.serve_port)
    return serve_port(*opts.serve_port);
  if (opts.operations > 0) {
    count_operations(opts);
    return 0;
  }
  auto rows = run(opts);
  print(std::cout, rows);
  write_file(opts.json, to_json(rows));
  write_file(opts.plot, draw(rows));
}
