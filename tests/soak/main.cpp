// SPDX-License-Identifier: BSD-3-Clause

// Mixes transfers, cancels, deadlines, kills, stops and restarts of real worker
// processes at random, for a given time. See `rdma_soak --help`.

#include "caf_rdma/tests/soak/soak.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

namespace {

struct options {
  double minutes = 1;
  uint64_t seed = std::random_device{}();
  size_t workers = 4;
  size_t transfers = 100;
  std::vector<std::string> worker_arguments;
};

void print(const rdma_soak::statistics& x) {
  std::cout << x.operations << " operations: " << x.complete << " COMPLETE ("
            << x.bytes / 1000000 << " MB checked), " << x.cancelled
            << " CANCELLED, " << x.errored << " ERRORED (" << x.unknown
            << " outcome_unknown), " << x.died << " died with their process; "
            << x.cancels << " cancels, " << x.kills << " kills, " << x.stops
            << " stops" << std::endl;
}

/// Prints what a worker has left: RSS in KiB, file descriptors, actors.
void print_rest(rdma_soak::cluster& workers) {
  for (size_t i = 0; i < workers.size(); ++i)
    std::cout << "worker " << i << ", life " << workers.life(i)
              << ", RSS KiB, descriptors, actors: " << workers.ask(i, "stats")
              << std::endl;
}

void run(const options& opts) {
  using namespace rdma_soak;
  std::cout << "seed " << opts.seed << std::endl;
  cluster workers{opts.workers, opts.worker_arguments};
  soak x{workers, opts.seed, opts.transfers};
  auto end = clock::now() + std::chrono::duration<double>{opts.minutes * 60};
  auto report = clock::now();
  while (clock::now() < end) {
    x.step();
    if (clock::now() > report + std::chrono::seconds{30}) {
      report = clock::now();
      print(x.stats());
    }
  }
  x.finish();
  print(x.stats());
  print_rest(workers);
  std::cout << "every promise kept" << std::endl;
}

} // namespace

int main(int argc, char* argv[]) {
  options opts;
  CLI::App app{"Soaks worker processes in transfers and faults; exits with 1, "
               "and says why, if a promise is broken."};
  app.add_option("--minutes", opts.minutes, "How long");
  app.add_option("--seed", opts.seed, "Of what happens; its timing is real");
  app.add_option("--workers", opts.workers, "Number of processes");
  app.add_option("--transfers", opts.transfers, "At the same time, at most");
  app.add_option("worker-arguments", opts.worker_arguments,
                 "For each worker, behind --, e.g., -- --rdma.tls=tcp");
  CLI11_PARSE(app, argc, argv);
  try {
    run(opts);
  } catch (const std::exception& x) {
    std::cout << "broken promise: " << x.what() << std::endl;
    return 1;
  }
}
