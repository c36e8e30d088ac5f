// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/loop/poller.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/type_id.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

CAF_BEGIN_TYPE_ID_BLOCK(rdma_transport_test, caf::first_custom_type_id)

  // Asks an actor for the ID of its thread.
  CAF_ADD_ATOM(rdma_transport_test, rdma::test, thread_atom)

  // Asks for an answer that never comes.
  CAF_ADD_ATOM(rdma_transport_test, rdma::test, mute_atom)

  // Makes an actor start whatever it is there for.
  CAF_ADD_ATOM(rdma_transport_test, rdma::test, go_atom)

CAF_END_TYPE_ID_BLOCK(rdma_transport_test)

namespace rdma::test {

/// Longer than anything that works may take, even under a sanitizer.
inline constexpr auto patience = caf::timespan{std::chrono::seconds{20}};

inline uint64_t this_thread_id() {
  return std::hash<std::thread::id>{}(std::this_thread::get_id());
}

/// Waits until `pred` holds, but not forever.
template <class Predicate>
bool eventually(Predicate pred) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!pred()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// Pauses for 0 to 150 us, so that a loop is met spinning, about to sleep, and
/// asleep.
class random_pause {
public:
  void operator()() {
    auto us = std::uniform_int_distribution<int>{0, 150}(engine_);
    auto until = std::chrono::steady_clock::now()
                 + std::chrono::microseconds{us};
    if (us % 2 == 0)
      std::this_thread::sleep_until(until);
    while (std::chrono::steady_clock::now() < until)
      ; // busy: sleeping is too coarse
  }

private:
  std::minstd_rand engine_{4711};
};

/// Stands in for UCX: any thread completes, the loop's thread collects.
class fake_poller : public poller {
public:
  fake_poller() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    // nop
  }

  ~fake_poller() override {
    ::close(fd_);
  }

  void complete() {
    open_.fetch_add(1);
    uint64_t one = 1;
    [[maybe_unused]] auto res = ::write(fd_, &one, sizeof(one));
  }

  size_t progress() override {
    ++rounds;
    auto n = open_.exchange(0);
    done += n;
    return n + endless.load();
  }

  bool arm() override {
    uint64_t count = 0;
    [[maybe_unused]] auto res = ::read(fd_, &count, sizeof(count));
    return open_.load() == 0;
  }

  int fd() const noexcept override {
    return fd_;
  }

  std::atomic<size_t> rounds = 0;
  std::atomic<size_t> done = 0;

  /// What to report per round in addition to real completions.
  std::atomic<size_t> endless = 0;

private:
  int fd_;
  std::atomic<size_t> open_ = 0;
};

/// A loop without a thread and with a clock that only the test moves.
struct manual_loop {
  explicit manual_loop(progress_loop::options opts = {})
    : loop(sys, with_clock(std::move(opts))) {
    // nop
  }

  progress_loop::options with_clock(progress_loop::options opts) {
    opts.clock = [this] { return now; };
    return opts;
  }

  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  progress_loop::time_point now{std::chrono::hours{1}};
  progress_loop loop;
};

/// A loop with a thread.
struct running_loop {
  explicit running_loop(caf::timespan spin) : loop(sys, with_spin(spin)) {
    loop.start("rdma.test");
  }

  static progress_loop::options with_spin(caf::timespan spin) {
    progress_loop::options result;
    result.spin = spin;
    return result;
  }

  /// Runs `f` on the loop's thread and waits for it.
  template <class F>
  [[nodiscard]] bool sync(F f) {
    auto done = std::make_shared<std::atomic<bool>>(false);
    auto posted = loop.post([f, done]() mutable {
      f();
      *done = true;
    });
    return posted && eventually([done] { return done->load(); });
  }

  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  progress_loop loop;
};

} // namespace rdma::test
