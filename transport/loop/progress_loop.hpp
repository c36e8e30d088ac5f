// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/loop/loop_inbox.hpp"
#include "caf_rdma/transport/loop/poller.hpp"

#include <caf/actor_config.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/expected.hpp>
#include <caf/timespan.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rdma {

/// One thread that runs actors, fires timers and drives a poller. UCX wants a
/// single thread, and a message between two actors of one thread costs 0.4 us
/// instead of 3 to 90 us; so everything that touches UCX lives here.
///
/// A round runs posted tasks, the poller, due timers and ready actors, all of
/// it bounded. After `spin` of rounds without work the loop arms the poller and
/// sleeps in epoll.
///
/// This is the one file that uses CAF's scheduling internals.
class progress_loop : public caf::execution_unit {
public:
  // -- types -----------------------------------------------------------------

  using task = loop_inbox::task;

  using time_point = std::chrono::steady_clock::time_point;

  /// Names a timer; the default value names none.
  using timer_id = std::pair<time_point, uint64_t>;

  struct options {
    /// How long to look for work before sleeping; `caf::infinite` never sleeps.
    /// A loop that has looked in vain a few times sleeps at once, until work
    /// comes in quick succession again.
    caf::timespan spin = std::chrono::microseconds{50};
    /// Messages that an actor may handle before others get their turn.
    size_t max_throughput = 16;
    /// Tasks, and ready actors, to run between two looks at the poller.
    size_t max_jobs_per_round = 256;
    /// Timers to fire between two looks at the poller.
    size_t max_timers_per_round = 256;
    /// Time that tasks, timers and actors may take together between two looks
    /// at the poller. Each gets one turn, and what has begun is not
    /// interrupted.
    caf::timespan max_round_time = std::chrono::milliseconds{1};
    /// Time source of timers, and of what rounds take; tests pass a clock that
    /// they move by hand.
    std::function<time_point()> clock = std::chrono::steady_clock::now;
  };

  // -- construction, destruction ---------------------------------------------

  /// Fails with `limit_reached` if there are no descriptors left.
  static caf::expected<std::unique_ptr<progress_loop>>
  make(caf::actor_system& sys, options opts);

  /// Aborts where `make` fails.
  explicit progress_loop(caf::actor_system& sys);

  /// Aborts where `make` fails.
  progress_loop(caf::actor_system& sys, options opts);

  /// Calls `stop`.
  ~progress_loop() override;

  progress_loop(const progress_loop&) = delete;

  progress_loop& operator=(const progress_loop&) = delete;

  // -- life ------------------------------------------------------------------

  /// Starts the thread; at most once. Without it the owner calls `run_once`.
  void start(std::string thread_name);

  /// Runs one round without sleeping, with the caller as the loop's thread;
  /// only for loops without a thread of their own. Returns the number of
  /// events.
  size_t run_once();

  /// Sends every hosted actor a kill signal, waits until the last one is gone
  /// and the inbox is empty, drops all timers, closes the inbox and joins the
  /// thread. Calling it again has no effect. Must not be called on the loop's
  /// thread, and never returns if a task always posts another one or a hosted
  /// actor awaits (instead of `then`) a response that never comes: CAF 0.18
  /// then skips the kill signal.
  void stop();

  // -- any thread ------------------------------------------------------------

  /// Runs `f` on the loop's thread, soon. Returns false once the loop stopped.
  bool post(task f);

  /// What may be kept longer than the loop.
  const std::shared_ptr<loop_inbox>& inbox() const noexcept {
    return inbox_;
  }

  bool in_loop() const noexcept;

  /// Spawns an actor of class `T`, which derives from `hosted_actor<...>`, onto
  /// this loop. `~actor_system` does not wait for it: `stop` does. Its
  /// constructor runs on the caller's thread, `make_behavior` on the loop's.
  /// Must not be called once `stop` has returned: the program aborts.
  template <class T, class... Ts>
  caf::infer_handle_from_class_t<T> spawn(Ts&&... xs) {
    caf::actor_config cfg{this};
    auto& sys = system();
    return sys.spawn_class<T, caf::hidden>(cfg, std::forward<Ts>(xs)...);
  }

  /// Number of hosted actors alive.
  size_t hosted_actors() const;

  /// Number of times that the loop went to sleep.
  uint64_t sleeps() const noexcept {
    return sleeps_.load(std::memory_order_relaxed);
  }

  // -- the loop's thread -----------------------------------------------------

  time_point now() const {
    return options_.clock();
  }

  /// Runs `f` once, at `when` or soon after.
  timer_id at(time_point when, task f);

  /// Runs `f` once, `delay` from now; never if that is `caf::infinite` or more
  /// than the clock can count.
  timer_id after(caf::timespan delay, task f) {
    auto t = now();
    auto when = delay < time_point::max() - t ? t + delay : time_point::max();
    return at(when, std::move(f));
  }

  /// Forgets a timer and resets `id`. Fired, cancelled and default IDs are
  /// ignored.
  void cancel(timer_id& id) noexcept;

  /// Number of rounds so far.
  uint64_t rounds() const noexcept {
    return rounds_;
  }

  /// Returns the time that the longest round has taken since the last call,
  /// with what the system has given to others meanwhile.
  caf::timespan take_longest_round() noexcept {
    return std::exchange(longest_round_, caf::timespan{0});
  }

  /// Number of actors that wait for their turn.
  size_t ready_actors() const noexcept {
    return ready_.size();
  }

  /// Number of pending timers.
  size_t timers() const noexcept {
    return timers_.size();
  }

  /// Drives `ptr` from now on; nullptr to stop.
  void set_poller(poller* ptr);

  // -- called by hosted_actor<Base>
  // ------------------------------------------------

  void actor_launched(caf::actor_control_block* ptr);

  void actor_terminated(caf::actor_control_block* ptr);

  // -- overrides of caf::execution_unit --------------------------------------

  /// CAF passes the *sender's* unit when it wakes an actor, so actors of the
  /// system's scheduler arrive here, too; they are sent home.
  void exec_later(caf::resumable* job) override;

private:
  // -- construction ----------------------------------------------------------

  /// What a loop sleeps on.
  struct descriptors {
    std::shared_ptr<loop_inbox> inbox;
    int epoll_fd;

    static caf::expected<descriptors> make();
  };

  progress_loop(caf::actor_system& sys, options opts, descriptors fds);

  // -- rounds ----------------------------------------------------------------

  void run();

  size_t round();

  void receive();

  /// Calls `next`, which does one thing, until it returns false, `most` times,
  /// or until the round has no time left. Returns the number of calls.
  template <class F>
  size_t take_turns(size_t most, F next);

  size_t run_tasks();

  size_t fire_timers();

  size_t run_jobs();

  // -- idling ----------------------------------------------------------------

  bool keep_spinning();

  void sleep();

  /// In milliseconds, rounded up; -1 for no limit.
  int sleep_timeout() const;

  // -- stopping --------------------------------------------------------------

  static void kill(caf::actor_control_block* ptr);

  void kill_hosted();

  /// Closes the inbox unless there is anything left to do.
  bool finish();

  // -- member variables ------------------------------------------------------

  options options_;
  std::shared_ptr<loop_inbox> inbox_;
  std::string thread_name_;
  std::thread thread_;
  std::atomic<bool> stop_called_ = false;
  std::atomic<uint64_t> sleeps_ = 0;

  // Belong to the loop's thread.
  int epoll_fd_;
  poller* poller_ = nullptr;
  std::map<timer_id, task> timers_;
  uint64_t last_timer_ = 0;
  std::deque<task> tasks_;
  std::deque<caf::resumable*> ready_;
  std::vector<task> new_tasks_;
  std::vector<caf::resumable*> new_jobs_;
  uint64_t rounds_ = 0;
  caf::timespan time_left_{0}; // of this round
  caf::timespan longest_round_{0};
  size_t idle_rounds_ = 0;
  size_t vain_spins_ = 0; // in a row
  std::chrono::steady_clock::time_point idle_since_;

  mutable std::mutex hosted_mutex_;
  std::unordered_set<caf::actor_control_block*> hosted_;
  bool stopping_ = false; // written by the loop's thread, under the mutex
};

} // namespace rdma
