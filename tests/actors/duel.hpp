// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <future>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace rdma_test {

/// Calls `f` on the loop's thread in the moment in which an operation becomes
/// final; with none if it is COMPLETE.
class final_watch : public rdma::hosted_actor<caf::event_based_actor> {
public:
  using callback = std::function<void(const caf::error&)>;

  final_watch(caf::actor_config& cfg, rdma::operation_actor op, callback f);

  caf::behavior make_behavior() override;

private:
  void done(const caf::error& reason);

  rdma::operation_actor op_;
  callback f_;
};

/// One side of a duel: an operation and its memory, which is overwritten in the
/// moment in which the operation is final.
struct duellist {
  explicit duellist(std::byte poison, size_t max_size);

  /// Takes an operation whose memory holds, or will hold, `expected`.
  void take(node& owner, rdma::operation op,
            std::span<const std::byte> expected);

  void cancel(const std::string& why);

  /// Waits for the end; fails the test if it does not come.
  void join();

  bool over() const;

  bool complete() const {
    return reason == caf::none;
  }

  /// Whether the memory is as the end has left it.
  bool undisturbed() const;

  std::byte poison;
  std::vector<std::byte> memory;
  std::string name;
  rdma::operation op;
  std::vector<std::string> whys;
  // Valid after `join`.
  caf::error reason;
  bool intact = true; // if COMPLETE: nothing but the expected bytes

private:
  struct ending {
    caf::error reason;
    bool intact;
  };

  std::future<ending> end_;
};

/// Transfers that are cancelled from either side at random moments.
class duel {
public:
  /// The two may be the same.
  duel(node& left, node& right, unsigned seed);

  void run(size_t rounds);

  /// Ends by their name, e.g., "COMPLETE" or "cancelled".
  std::map<std::string, size_t> ends;

private:
  struct arena;

  size_t random(size_t low, size_t high);

  void start(arena& x);

  void cancel_some(arena& x);

  void finish(arena& x);

  void check(const duellist& x, const duellist& other, bool active);

  node& left_;
  node& right_;
  std::mt19937 engine_;
  std::vector<std::byte> reference_;
  size_t rounds_ = 0;
};

} // namespace rdma_test
