// SPDX-License-Identifier: BSD-3-Clause

// Runs random schedules of a simulated world: workers that exchange data,
// cancel, stop, die and restart while links break between any two steps. A
// broken promise is reported with its seed; `--seed N --count 1` replays it, as
// long as neither this program nor the library changes.

#include "caf_rdma/actors/init.hpp"
#include "caf_rdma/tests/simulation/randomness.hpp"
#include "caf_rdma/tests/simulation/world.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <CLI/CLI.hpp>

#include <sys/prctl.h>

#include <cstdio>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace {

using statistics = rdma_sim::world::statistics;

void add(statistics& sum, const statistics& x) {
  sum.steps += x.steps;
  sum.operations += x.operations;
  sum.complete += x.complete;
  sum.cancelled += x.cancelled;
  sum.errored += x.errored;
  sum.lost_links += x.lost_links;
  sum.lost_operations += x.lost_operations;
  sum.kills += x.kills;
  sum.shutdowns += x.shutdowns;
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
  show("shutdowns", x.shutdowns);
  show("operations let go", x.lost_operations);
  std::printf("; every promise kept\n");
}

/// Returns false if a promise is broken. Nothing is left of the schedules
/// before, not even the numbers of actors, so that each replays alone.
bool run(caf::actor_system_config& cfg, uint64_t seed, statistics& sum) {
  rdma_sim::seed_randomness(seed);
  caf::actor_system sys{cfg};
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

/// Reads numbers; lines that begin with `#` are comments.
std::vector<uint64_t> read(const std::string& list) {
  std::vector<uint64_t> result;
  std::ifstream in{list};
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#')
      result.push_back(std::stoull(line));
  return result;
}

} // namespace

int main(int argc, char* argv[]) {
  // The pools of all these workers touch little of what they have.
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  CLI::App app{"Simulates workers, their network and their users."};
  uint64_t seed = 1;
  uint64_t count = 1000;
  app.add_option("--seed", seed, "Seed of the first schedule");
  app.add_option("--count", count, "Number of schedules");
  std::string list;
  app.add_option("--seeds", list, "File of seeds to run instead, one a line")
    ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config cfg;
  cfg.set("caf.scheduler.max-threads", 1);
  std::vector<uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), seed);
  if (!list.empty())
    seeds = read(list);
  statistics sum;
  for (auto x : seeds)
    if (!run(cfg, x, sum))
      return 1;
  print(seeds.size(), sum);
}
