// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <memory>
#include <optional>
#include <vector>

using namespace rdma;
using namespace rdma::test;
using namespace std::chrono_literals;

namespace {

caf::timespan any_spin() {
  return GENERATE(caf::timespan{0}, caf::timespan{50us}, caf::infinite);
}

/// Stores the thread that destroys it.
std::shared_ptr<void> dying_token(uint64_t& thread) {
  return {nullptr, [&thread](void*) { thread = this_thread_id(); }};
}

} // namespace

TEST_CASE("stopping runs what was posted before") {
  running_loop env{any_spin()};
  auto runs = 0;
  for (auto i = 0; i < 1'000; ++i)
    env.loop.post([&] { env.loop.post([&] { ++runs; }); });
  env.loop.stop();
  CHECK(runs == 1'000);
}

TEST_CASE("stopping twice is the same as stopping once") {
  running_loop env{any_spin()};
  env.loop.stop();
  env.loop.stop();
  CHECK_FALSE(env.loop.post([] {}));
}

TEST_CASE("a loop that was never started stops on the caller's thread") {
  manual_loop env;
  auto ran = false;
  env.loop.post([&] { ran = true; });
  env.loop.stop();
  CHECK(ran);
  CHECK_FALSE(env.loop.post([] {}));
}

TEST_CASE("stopping drops pending timers on the loop's thread") {
  running_loop env{any_spin()};
  uint64_t loop_thread = 0;
  uint64_t dtor_thread = 0;
  auto fired = false;
  progress_loop::timer_id other;
  REQUIRE(env.sync([&] {
    loop_thread = this_thread_id();
    env.loop.after(1h, [token = dying_token(dtor_thread), &fired] {
      fired = true;
    });
    auto cancel_other = [&](void*) { env.loop.cancel(other); };
    env.loop.after(
      1h, [token = std::shared_ptr<void>{nullptr, std::move(cancel_other)}] {});
    other = env.loop.after(2h, [] {});
  }));
  env.loop.stop();
  CHECK_FALSE(fired);
  CHECK(dtor_thread == loop_thread);
  CHECK(loop_thread != this_thread_id());
  CHECK(env.loop.timers() == 0);
}

TEST_CASE("stopping ends a loop whose poller always has events") {
  running_loop env{any_spin()};
  fake_poller events;
  events.endless = 1;
  REQUIRE(env.sync([&] { env.loop.set_poller(&events); }));
  env.loop.stop();
  CHECK(events.rounds > 0);
}

TEST_CASE("a task dies on the loop's thread, a rejected one on its poster's") {
  running_loop env{any_spin()};
  uint64_t loop_thread = 0;
  uint64_t dtor_thread = 0;
  CHECK(env.loop.post([&loop_thread, token = dying_token(dtor_thread)] {
    loop_thread = this_thread_id();
  }));
  env.loop.stop();
  CHECK(loop_thread != this_thread_id());
  CHECK(dtor_thread == loop_thread);
  auto ran = false;
  CHECK_FALSE(
    env.loop.post([&ran, token = dying_token(dtor_thread)] { ran = true; }));
  CHECK_FALSE(ran);
  CHECK(dtor_thread == this_thread_id());
}

TEST_CASE("an inbox outlives its loop and rejects tasks") {
  std::shared_ptr<loop_inbox> inbox;
  {
    running_loop env{any_spin()};
    inbox = env.loop.inbox();
    CHECK(inbox->post([] {}));
  }
  CHECK_FALSE(inbox->post([] {}));
  inbox->wake();
}

TEST_CASE("a task posted while the loop stops either runs or is rejected") {
  auto spin = any_spin();
  for (auto round = 0; round < 20; ++round) {
    std::optional<running_loop> env{std::in_place, spin};
    auto inbox = env->loop.inbox();
    std::atomic<size_t> runs = 0;
    std::atomic<size_t> accepted = 0;
    std::vector<std::thread> threads;
    for (auto i = 0; i < 2; ++i)
      threads.emplace_back([&runs, &accepted, inbox] {
        while (inbox->post([&runs] { ++runs; })) {
          ++accepted;
          std::this_thread::sleep_for(10us); // let the inbox run dry
        }
      });
    std::this_thread::sleep_for(100us);
    env.reset();
    for (auto& hdl : threads)
      hdl.join();
    CHECK(runs == accepted);
  }
}
