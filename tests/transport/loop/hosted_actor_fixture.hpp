// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <functional>
#include <vector>

namespace rdma::test {

// -- actors ------------------------------------------------------------------

using echo_actor = caf::typed_actor<caf::result<uint64_t>(uint64_t),
                                    caf::result<uint64_t>(thread_atom),
                                    caf::result<uint64_t>(mute_atom)>;

struct echo_state {
  static inline constexpr const char* name = "test.echo";

  static inline std::atomic<int> alive = 0;

  static inline std::atomic<uint64_t> dtor_thread = 0;

  explicit echo_state(echo_actor::base* selfptr) : self(selfptr) {
    ++alive;
  }

  ~echo_state() {
    dtor_thread = this_thread_id();
    --alive;
  }

  echo_actor::behavior_type make_behavior() {
    return {
      [](uint64_t x) { return x + 1; },
      [](thread_atom) { return this_thread_id(); },
      [this](mute_atom) {
        pending.emplace_back(self->make_response_promise<uint64_t>());
        return pending.back();
      },
    };
  }

  echo_actor::base* self;
  std::vector<caf::typed_response_promise<uint64_t>> pending;
};

using hosted_echo
  = caf::stateful_actor<echo_state, hosted_actor<echo_actor::base>>;

using pool_echo = caf::stateful_actor<echo_state, echo_actor::base>;

/// Counts up with the help of an echo actor, then reports its thread and quits.
struct counter_state {
  counter_state(caf::event_based_actor* selfptr, echo_actor peer,
                caf::actor listener)
    : self(selfptr), peer(std::move(peer)), listener(std::move(listener)) {
    // nop
  }

  caf::behavior make_behavior() {
    return {[this](go_atom, uint64_t n) { step(0, n); }};
  }

  void step(uint64_t i, uint64_t n) {
    if (i == n) {
      self->send(listener, this_thread_id());
      self->quit();
      return;
    }
    self->request(peer, caf::infinite, i).then([this, n](uint64_t next) {
      step(next, n);
    });
  }

  caf::event_based_actor* self;
  echo_actor peer;
  caf::actor listener;
};

using hosted_counter
  = caf::stateful_actor<counter_state, hosted_actor<caf::event_based_actor>>;

using pool_counter = caf::stateful_actor<counter_state>;

/// Runs a function as its entire behavior.
class hosted_fun : public hosted_actor<caf::event_based_actor> {
public:
  using init = std::function<caf::behavior(hosted_fun*)>;

  hosted_fun(caf::actor_config& cfg, init f)
    : hosted_actor<caf::event_based_actor>(cfg), init_(std::move(f)) {
    // nop
  }

  caf::behavior make_behavior() override {
    return init_(this);
  }

private:
  init init_;
};

// -- fixture -----------------------------------------------------------------

struct hosted_fixture : running_loop {
  hosted_fixture()
    : running_loop(GENERATE(caf::timespan{0},
                            caf::timespan{std::chrono::microseconds{50}},
                            caf::infinite)) {
    // nop
  }

  template <class Handle, class... Ts>
  uint64_t ask(const Handle& whom, Ts... xs) {
    uint64_t result = 0;
    self->request(whom, patience, std::move(xs)...)
      .receive([&](uint64_t x) { result = x; },
               [](const caf::error& err) { FAIL(caf::to_string(err)); });
    return result;
  }

  template <class T>
  T next() {
    T result{};
    self->receive([&](T& x) { result = std::move(x); },
                  caf::after(patience) >> [] { FAIL("no message"); });
    return result;
  }

  caf::scoped_actor self{sys};
};

} // namespace rdma::test
