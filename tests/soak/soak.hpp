// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/soak/cluster.hpp"

#include <list>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

namespace rdma_soak {

/// Thrown when a promise is broken.
struct broken_promise : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct statistics {
  uint64_t operations = 0;
  uint64_t complete = 0;
  uint64_t cancelled = 0;
  uint64_t errored = 0;
  uint64_t unknown = 0; // of these: outcome_unknown
  uint64_t died = 0;    // with their process
  uint64_t bytes = 0;   // checked in COMPLETE destinations
  uint64_t cancels = 0;
  uint64_t kills = 0;
  uint64_t stops = 0;
};

/// Mixes transfers, cancels, deadlines, kills, stops and restarts at random,
/// and checks every byte and every status.
class soak {
public:
  soak(cluster& workers, uint64_t seed, size_t max_transfers);

  /// Does something at random.
  void step();

  /// Lets everything end, and checks that no worker keeps an operation.
  void finish();

  const statistics& stats() const noexcept {
    return stats_;
  }

private:
  /// The end of an operation whose process has died.
  static constexpr auto lost = "LOST";

  struct side {
    std::string name; // of the operation, in its worker
    size_t slot;
    uint64_t life;
    bool source;
    std::string end;  // final status, or `lost`
    std::string code; // of the error, if there is one
  };

  struct transfer {
    size_t size;
    uint64_t seed;
    bool standing; // the passive side is a standing grant
    side passive;
    side active;
    clock::time_point latest; // time by which both sides must have ended
    std::optional<clock::time_point> ended; // both sides
  };

  uint64_t below(uint64_t n) {
    return random_() % n;
  }

  std::list<transfer>::iterator pick();

  void begin();

  void cancel();

  void fault();

  void revoke(const side& x);

  /// Looks at one transfer. Returns true once it is over and was checked.
  bool look(transfer& x);

  void look(const transfer& x, side& y);

  /// Takes note of the end, and gives the memory a new content.
  void reclaim(const transfer& x, side& y);

  void check_agreement(const transfer& x) const;

  /// Checks that nothing has written the memory since, and forgets it.
  void drop(const side& x);

  void check_rest(size_t slot);

  std::string must(size_t slot, const std::string& line);

  bool dead(const side& x) const {
    return workers_.life(x.slot) != x.life;
  }

  bool reachable(const side& x) const {
    return !dead(x) && workers_.runs(x.slot);
  }

  cluster& workers_;
  std::mt19937_64 random_;
  size_t max_transfers_;
  std::list<transfer> transfers_;
  uint64_t last_id_ = 0;
  statistics stats_;
};

} // namespace rdma_soak
