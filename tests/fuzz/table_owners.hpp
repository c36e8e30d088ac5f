// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/fuzz/check.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <array>
#include <functional>
#include <set>

namespace rdma::fuzz {

/// What an owner of a transfer, or of a standing grant, has heard.
struct heard {
  bool standing = false;
  /// Claims on a standing grant that have not ended.
  std::set<transfer_key> open;
  /// Claims that the owner has asked to end: they may have ended before.
  std::set<transfer_key> ending;
  transfer_key claimed;
  int claims = 0;
  int landed = 0;
  int settled = 0;
  int failed = 0;
  /// A readable operation hears of a failed link as sink and as source.
  int max_failed = 1;
  uint64_t progress = 0;
  /// Called with each `transfer_landed`.
  std::function<void(uint64_t)> on_landed;
};

/// Owners on a loop without a thread. They outlive the inputs: an actor system
/// takes longer to start than an input to run.
class owners {
public:
  static constexpr size_t count = 6;

  /// Returns the only instance, with nothing heard.
  static owners& fresh();

  const transfer_owner& handle(size_t i) const {
    return handles_[i];
  }

  heard& log(size_t i) {
    return logs_[i];
  }

  /// Delivers the messages that are on their way.
  void deliver();

private:
  owners();

  caf::actor_system_config config_;
  caf::actor_system system_;
  progress_loop loop_;
  std::array<heard, count> logs_;
  std::array<transfer_owner, count> handles_;
};

} // namespace rdma::fuzz
