// SPDX-License-Identifier: BSD-3-Clause

// Copies files between machines. See `rdma_copy --help`.

#include "client.hpp"
#include "options.hpp"
#include "server.hpp"

int main(int argc, char* argv[]) {
  rdma_copy::options opts;
  if (auto code = rdma_copy::parse(argc, argv, opts))
    return *code;
  return opts.command == rdma_copy::command::serve ? rdma_copy::serve(opts)
                                                   : rdma_copy::copy(opts);
}
