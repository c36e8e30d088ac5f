// SPDX-License-Identifier: BSD-3-Clause

// Runs random schedules of a simulated world: workers that exchange data,
// cancel, stop, die and restart while links break between any two steps. A
// broken promise is reported with its seed; `--seed N --count 1` replays it.

#include "caf_rdma/actors/init.hpp"
#include "caf_rdma/tests/simulation/world.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

using statistics = rdma_sim::world::statistics;

void add(statistics& sum, const statistics& x) {
  sum.steps += x.steps;
  sum.operations += x.operations;
  sum.complete += x.complete;
  sum.cancelled += x.cancelled;
  sum.errored += x.errored;
  sum.lost_links += x.lost_links;
  sum.kills += x.kills;
  sum.stops += x.stops;
}

void print(uint64_t schedules, const statistics& x) {
  auto show = [](const char* what, uint64_t n) {
    std::printf(", %llu %s", static_cast<unsigned long long>(n), what);
  };
  std::printf("%llu schedules", static_cast<unsigned long long>(schedules));
  show("steps", x.steps);
  show("operations", x.operations);
  show("COMPLETE", x.complete);
  show("CANCELLED", x.cancelled);
  show("ERRORED", x.errored);
  show("broken links", x.lost_links);
  show("stops and resumes", x.stops);
  show("kills", x.kills);
  std::printf("; every promise kept\n");
}

/// Returns false if a promise is broken.
bool run(caf::actor_system& sys, uint64_t seed, statistics& sum) {
  try {
    rdma_sim::world world{sys, seed};
    world.run();
    add(sum, world.stats());
    return true;
  } catch (const rdma_sim::broken_promise& x) {
    std::printf("broken promise: %s\nreplay with --seed %llu --count 1\n",
                x.what.c_str(), static_cast<unsigned long long>(seed));
    return false;
  }
}

} // namespace

int main(int argc, char* argv[]) {
  CLI::App app{"Simulates workers, their network and their users."};
  uint64_t seed = 1;
  uint64_t count = 1000;
  app.add_option("--seed", seed, "Seed of the first schedule");
  app.add_option("--count", count, "Number of schedules");
  CLI11_PARSE(app, argc, argv);
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config cfg;
  cfg.set("caf.scheduler.max-threads", 1);
  caf::actor_system sys{cfg};
  statistics sum;
  for (auto i = seed; i < seed + count; ++i)
    if (!run(sys, i, sum))
      return 1;
  print(count, sum);
}
