// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/tests/actors/pending.hpp"
#include "caf_rdma/tests/simulation/gpus.hpp"
#include "caf_rdma/tests/simulation/worker.hpp"

#include <caf/scoped_actor.hpp>

#include <bitset>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rdma_sim {

/// An operation as its user sees it, with everything that was promised to the
/// user about it.
struct user_operation {
  using report = rdma_test::pending<rdma::report>;

  size_t home;   // index of the worker
  uint64_t life; // incarnation of that worker
  bool active;
  bool destination;
  bool on_gpu = false;   // the memory, as the library sees it
  bool standing = false; // passive, and for more than one plain transfer
  bool endless = false;  // has no deadline
  std::byte pattern;     // what a source holds, what a destination has got
  /// What the memory may hold until it is given back.
  std::bitset<256> may_hold;
  std::optional<size_t> partner; // of an active one: the passive one it names
  std::shared_ptr<std::vector<std::byte>> memory;
  std::optional<std::string> note; // to the partner's listener
  rdma::operation handle;
  std::optional<rdma::metadata> metadata; // of a passive one
  std::optional<report> wait;
  std::vector<report> cancels;
  /// Of some standing ones, and what it has heard.
  std::unique_ptr<caf::scoped_actor> listener;
  std::vector<rdma::claim_report> claims;
  /// What `wait` has answered; the status is final.
  std::optional<rdma::report> end;
  /// The user has the memory back, and has filled it with `poison`.
  bool reclaimed = false;
  /// Nobody holds it any more, or its connector: it has to end soon, whatever
  /// its deadline is.
  bool let_go = false;

  void may_get(std::byte x) {
    may_hold.set(std::to_integer<size_t>(x));
  }
};

/// Thrown when a promise is broken.
struct broken_promise {
  std::string what;
};

/// Simulated workers, their network, their users, and a clock. Checks after
/// each step what the library promises.
class world {
public:
  world(caf::actor_system& sys, uint64_t seed);

  ~world();

  /// Runs a schedule of random steps, then lets everything come to its end.
  void run();

  /// What has happened, in numbers; added up over all schedules.
  struct statistics {
    uint64_t steps = 0;
    uint64_t operations = 0;
    uint64_t complete = 0;
    uint64_t cancelled = 0;
    uint64_t errored = 0;
    uint64_t lost_links = 0;
    uint64_t lost_operations = 0;
    uint64_t kills = 0;
    uint64_t shutdowns = 0;
    uint64_t stops = 0;
  };

  const statistics& stats() const noexcept {
    return stats_;
  }

private:
  static constexpr std::byte poison{0xDD};

  // -- steps -----------------------------------------------------------------

  void step();

  /// What follows each step.
  void look();

  void advance(caf::timespan delay);

  // -- faults ----------------------------------------------------------------

  void fault();

  /// All links of a worker, or all between two groups of workers, break.
  void break_many_links();

  /// A worker is silent for about as long as its peers can bear.
  void hang(size_t i);

  void kill(size_t i);

  /// The connector goes away, or the runtime, with operations under way.
  void close(size_t i);

  /// Goes on where a connector has ended all of its operations.
  void finish_shutdowns();

  /// The process of a worker is over; another one takes its place.
  void replace(size_t i);

  // -- the end ---------------------------------------------------------------

  void bring_to_end();

  void settle();

  /// Lets that much time pass, in which everything happens that can.
  void pass(caf::timespan time);

  // -- users -----------------------------------------------------------------

  /// Sends a request and runs worker `i` until it is answered.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(size_t i, const Handle& to, Ts&&... xs);

  user_operation& add(size_t home, size_t size, bool active, bool destination);

  void start(user_operation& x, caf::expected<rdma::operation> made);

  rdma::operation_options pick_options();

  void create();

  /// Makes a passive operation.
  void grant(size_t home, bool standing);

  /// Makes an active one, if that partner can have one.
  void begin(size_t home, size_t partner);

  /// Several workers read and write memory of another one at once.
  void crowd();

  /// Returns some parts of the memory of a passive operation.
  rdma::selection pick_blocks(const user_operation& x);

  void cancel();

  void drop();

  void let_go(user_operation& x);

  /// True if that worker can make operations.
  bool open(size_t i) const {
    return !workers_[i]->stopped && !workers_[i]->shutting_down();
  }

  bool full() const {
    return operations_.size() >= max_operations_;
  }

  /// Returns an operation whose process lives and runs; nullptr if the dice
  /// find none.
  user_operation* pick();

  // -- promises --------------------------------------------------------------

  void check();

  void check_memory(const user_operation& x) const;

  /// Checks that what was let go has ended.
  void check_let_go() const;

  void on_end(user_operation& x);

  void reclaim(user_operation& x);

  void check_end();

  void check_agreement(const user_operation& x) const;

  /// Checks that as many claims were served as the operation says.
  void check_claims(const user_operation& x) const;

  /// Takes what the listener of a standing operation has been told.
  void hear_claims(user_operation& x) const;

  /// Checks that it was told of each claim what the active side was told.
  void check_reports(const user_operation& x) const;

  bool partners(const user_operation& active,
                const user_operation& passive) const;

  void check_leaks();

  const user_operation* source_of(const user_operation& x) const;

  bool alive(const user_operation& x) const {
    return workers_[x.home]->info().incarnation == x.life;
  }

  // -- member variables ------------------------------------------------------

  caf::actor_system& sys_;
  dice dice_;
  clock now_{std::chrono::hours{1}};
  network net_{dice_};
  std::shared_ptr<gpus> gpus_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::deque<user_operation> operations_;
  uint64_t weather_ = dice_.below(20); // faults in 1,000 steps
  size_t max_operations_ = 12 + dice_.below(24);
  uint8_t patterns_ = 0;
  size_t lives_ = 0;
  statistics stats_;
};

} // namespace rdma_sim
