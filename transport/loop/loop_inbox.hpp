// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace rdma {

/// Takes work for a progress loop from any thread. Outlives the loop: whoever
/// holds a reference may post at any time, and is told when nobody listens any
/// more.
class loop_inbox {
public:
  using task = std::function<void()>;

  // -- construction, destruction ---------------------------------------------

  /// Fails with `limit_reached` if there is no descriptor left.
  static caf::expected<std::shared_ptr<loop_inbox>> make();

  ~loop_inbox();

  loop_inbox(const loop_inbox&) = delete;

  loop_inbox& operator=(const loop_inbox&) = delete;

  // -- any thread ------------------------------------------------------------

  /// Runs `f` on the loop's thread, soon. Returns false, without running it,
  /// once the inbox is closed.
  bool post(task f);

  /// Hands over a reference to a ready actor. Aborts once the inbox is closed:
  /// a loop outlives its actors.
  void submit(caf::resumable* job);

  /// Makes a sleeping loop run.
  void wake();

  // -- the loop's thread -----------------------------------------------------

  /// Moves everything posted since the last call to the end of the arguments;
  /// returns false, after a single atomic load, if there was nothing.
  bool take(std::vector<caf::resumable*>& jobs, std::vector<task>& tasks);

  /// Announces that the loop is about to sleep on `fd`; returns false if work
  /// has arrived meanwhile.
  bool prepare_sleep();

  /// Reverts `prepare_sleep` and empties `fd`.
  void finish_sleep();

  /// Refuses tasks from now on. Returns false, and stays open, if work is
  /// waiting.
  bool close_if_empty();

  /// Becomes readable on `wake`.
  int fd() const noexcept {
    return fd_;
  }

private:
  explicit loop_inbox(int fd) noexcept : fd_(fd) {
    // nop
  }

  int fd_;
  std::atomic<bool> pending_ = false;
  std::mutex mutex_;
  std::vector<caf::resumable*> jobs_;
  std::vector<task> tasks_;
  bool sleeping_ = false;
  bool closed_ = false;
};

} // namespace rdma
