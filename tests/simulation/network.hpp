// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/lanes/local/exposure.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <utility>

namespace rdma_sim {

class transport_state;

/// All randomness of a schedule comes from one of these.
class dice {
public:
  explicit dice(uint64_t seed) : engine_(seed) {
    // nop
  }

  /// Returns a number below `n`.
  uint64_t below(uint64_t n) {
    return engine_() % n;
  }

  bool percent(uint64_t chance) {
    return below(100) < chance;
  }

private:
  std::mt19937_64 engine_;
};

/// The wires between simulated workers: one ordered queue per direction. Bytes
/// arrive when the schedule says so, or never.
class network {
public:
  /// What happens where it arrives.
  using item = std::function<void(transport_state&)>;

  explicit network(dice& x) : dice_(x) {
    // nop
  }

  // -- workers, by incarnation -----------------------------------------------

  void join(uint64_t incarnation, transport_state* x);

  /// The worker has died: some of what it has sent last never arrives.
  void leave(uint64_t incarnation);

  bool reachable(uint64_t incarnation) const {
    return workers_.contains(incarnation);
  }

  /// Returns memory for the cells of a worker's sources, which stays when the
  /// worker has died: who reads there still finds broken seals, and no memory
  /// of others.
  rdma::local::cell_pool& make_cells() {
    return cells_.emplace_back();
  }

  // -- wires -----------------------------------------------------------------

  void send(uint64_t from, uint64_t to, item x);

  /// What is on the wires between those pairs of workers is lost.
  void cut(const std::function<bool(uint64_t from, uint64_t to)>& between);

  /// Delivers the oldest item of a random wire. Returns false if there is none.
  bool deliver();

private:
  using wire = std::pair<uint64_t, uint64_t>; // from, to

  dice& dice_;
  std::deque<rdma::local::cell_pool> cells_;
  std::map<uint64_t, transport_state*> workers_;
  std::map<wire, std::deque<item>> wires_; // never empty
};

} // namespace rdma_sim
