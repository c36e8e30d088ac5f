// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace rdma;
using namespace rdma::test;
using namespace std::chrono_literals;

namespace {

caf::timespan any_spin() {
  return GENERATE(caf::timespan{0}, caf::timespan{50us}, caf::infinite);
}

caf::timespan any_sleeping_spin() {
  return GENERATE(caf::timespan{0}, caf::timespan{50us});
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec ts = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return std::chrono::seconds{ts.tv_sec} + std::chrono::nanoseconds{ts.tv_nsec};
}

} // namespace

// -- tasks -------------------------------------------------------------------

TEST_CASE("a posted task runs in the next round and not before") {
  manual_loop env;
  std::string log;
  CHECK(env.loop.post([&] {
    log += "a";
    CHECK(env.loop.in_loop());
    env.loop.post([&] { log += "c"; });
  }));
  CHECK(env.loop.post([&] { log += "b"; }));
  CHECK(log.empty());
  CHECK_FALSE(env.loop.in_loop());
  CHECK(env.loop.run_once() == 2);
  CHECK(log == "ab");
  CHECK(env.loop.run_once() == 1);
  CHECK(log == "abc");
  CHECK(env.loop.run_once() == 0);
}

TEST_CASE("a burst of tasks is spread over several rounds") {
  progress_loop::options opts;
  opts.max_jobs_per_round = 2;
  manual_loop env{opts};
  for (auto i = 0; i < 5; ++i)
    env.loop.post([] {});
  CHECK(env.loop.run_once() == 2);
  CHECK(env.loop.run_once() == 2);
  CHECK(env.loop.run_once() == 1);
  CHECK(env.loop.run_once() == 0);
}

TEST_CASE("a task that always posts itself starves neither poller nor timers") {
  manual_loop env;
  fake_poller events;
  auto runs = 0;
  auto fired = false;
  auto stop = false;
  std::function<void()> again = [&] {
    ++runs;
    if (!stop)
      env.loop.post(again);
  };
  env.loop.set_poller(&events);
  env.loop.at(env.now, [&] { fired = true; });
  env.loop.post(again);
  for (auto i = 0; i < 10; ++i)
    env.loop.run_once();
  CHECK(runs == 10);
  CHECK(events.rounds == 10);
  CHECK(fired);
  stop = true;
  env.loop.run_once();
  env.loop.set_poller(nullptr);
}

TEST_CASE("tasks of several threads run in the order of each thread") {
  running_loop env{any_spin()};
  constexpr size_t num_threads = 3;
  constexpr size_t num_tasks = 2'000;
  std::vector<size_t> next(num_threads);
  std::atomic<size_t> done = 0;
  std::atomic<bool> ordered = true;
  std::vector<std::thread> threads;
  for (size_t id = 0; id < num_threads; ++id)
    threads.emplace_back([&, id] {
      for (size_t i = 0; i < num_tasks; ++i)
        env.loop.post([&, id, i] {
          if (next[id]++ != i || !env.loop.in_loop())
            ordered = false;
          ++done;
        });
    });
  for (auto& hdl : threads)
    hdl.join();
  CHECK(eventually([&] { return done == num_threads * num_tasks; }));
  CHECK(ordered);
}

// -- timers ------------------------------------------------------------------

TEST_CASE("timers fire in the order of deadline, then of creation") {
  manual_loop env;
  std::string log;
  env.loop.at(env.now + 2s, [&] { log += "d"; });
  env.loop.at(env.now + 1s, [&] { log += "a"; });
  env.loop.after(1s, [&] { log += "b"; });
  env.loop.at(env.now + 1s, [&] { log += "c"; });
  CHECK(env.loop.timers() == 4);
  CHECK(env.loop.run_once() == 0);
  env.now += 1s - 1ns;
  CHECK(env.loop.run_once() == 0);
  env.now += 1ns;
  CHECK(env.loop.run_once() == 3);
  CHECK(log == "abc");
  env.now += 5s;
  CHECK(env.loop.run_once() == 1);
  CHECK(log == "abcd");
  CHECK(env.loop.timers() == 0);
}

TEST_CASE("a timer after an infinite delay never fires") {
  manual_loop env;
  auto fired = false;
  auto id = env.loop.after(caf::infinite, [&] { fired = true; });
  env.now += std::chrono::hours{24 * 365 * 100};
  CHECK(env.loop.run_once() == 0);
  CHECK_FALSE(fired);
  env.loop.cancel(id);
  CHECK(env.loop.timers() == 0);
}

TEST_CASE("a cancelled timer never fires and its ID names none") {
  manual_loop env;
  auto fired = 0;
  auto first = env.loop.after(1s, [&] { ++fired; });
  auto second = env.loop.after(1s, [&] { ++fired; });
  env.loop.cancel(first);
  CHECK(first == progress_loop::timer_id{});
  env.loop.cancel(first);
  env.now += 1s;
  CHECK(env.loop.run_once() == 1);
  CHECK(fired == 1);
  env.loop.cancel(second);
  CHECK(env.loop.timers() == 0);
}

TEST_CASE("a timer callback may cancel itself, others, and set new ones") {
  manual_loop env;
  std::string log;
  progress_loop::timer_id self;
  progress_loop::timer_id other;
  self = env.loop.after(1s, [&] {
    log += "a";
    env.loop.cancel(self);
    env.loop.cancel(other);
    env.loop.after(1s, [&] { log += "c"; });
  });
  other = env.loop.after(1s, [&] { log += "b"; });
  env.now += 1s;
  CHECK(env.loop.run_once() == 1);
  env.now += 1s;
  CHECK(env.loop.run_once() == 1);
  CHECK(log == "ac");
}

TEST_CASE("what a cancelled timer has captured may cancel other timers") {
  manual_loop env;
  progress_loop::timer_id other;
  auto guard = std::shared_ptr<void>{nullptr,
                                     [&](void*) { env.loop.cancel(other); }};
  auto id = env.loop.after(1s, [guard] {});
  other = env.loop.after(2s, [] {});
  guard = nullptr;
  CHECK(env.loop.timers() == 2);
  env.loop.cancel(id);
  CHECK(env.loop.timers() == 0);
}

TEST_CASE("timers beyond the limit of a round fire in the next one") {
  progress_loop::options opts;
  opts.max_timers_per_round = 2;
  manual_loop env{opts};
  fake_poller events;
  env.loop.set_poller(&events);
  std::function<void()> again = [&] { env.loop.at(env.now, again); };
  auto last = false;
  env.loop.at(env.now, again);
  env.loop.at(env.now, again);
  env.loop.at(env.now, [&] { last = true; });
  CHECK(env.loop.run_once() == 2);
  CHECK_FALSE(last);
  CHECK(env.loop.run_once() == 2);
  CHECK(last);
  CHECK(events.rounds == 2);
  env.loop.set_poller(nullptr);
}

TEST_CASE("a timer wakes a sleeping loop") {
  running_loop env{any_spin()};
  for (auto i = 0; i < 20; ++i) {
    auto late = std::make_shared<std::atomic<bool>>(false);
    auto early = std::make_shared<std::atomic<bool>>(false);
    REQUIRE(env.sync([&loop = env.loop, early, late] {
      auto when = loop.now() + 1ms;
      loop.at(when, [&loop, when, early, late] {
        *early = loop.now() < when;
        *late = true;
      });
    }));
    REQUIRE(eventually([late] { return late->load(); }));
    CHECK_FALSE(*early);
  }
}

// -- sleeping and waking -----------------------------------------------------

TEST_CASE("no completion of the poller is missed by a loop that may sleep") {
  running_loop env{any_spin()};
  fake_poller events;
  random_pause pause;
  REQUIRE(env.sync([&] { env.loop.set_poller(&events); }));
  for (size_t i = 1; i <= 4'000; ++i) {
    pause();
    events.complete();
    REQUIRE(eventually([&] { return events.done == i; }));
  }
  REQUIRE(env.sync([&] { env.loop.set_poller(nullptr); }));
}

TEST_CASE("no posted task is missed by a loop that may sleep") {
  running_loop env{any_spin()};
  random_pause pause;
  std::atomic<size_t> done = 0;
  for (size_t i = 1; i <= 4'000; ++i) {
    pause();
    env.loop.post([&] { ++done; });
    REQUIRE(eventually([&] { return done == i; }));
  }
}

TEST_CASE("a poller that refuses to be armed is asked again") {
  running_loop env{any_sleeping_spin()};
  fake_poller events;
  events.endless = 1;
  REQUIRE(env.sync([&] { env.loop.set_poller(&events); }));
  auto before = env.loop.sleeps();
  auto rounds = events.rounds.load();
  REQUIRE(eventually([&] { return events.rounds > rounds + 1'000; }));
  CHECK(env.loop.sleeps() == before);
  events.endless = 0;
  CHECK(eventually([&] { return env.loop.sleeps() > before; }));
  REQUIRE(env.sync([&] { env.loop.set_poller(nullptr); }));
}

TEST_CASE("an idle loop sleeps and costs no CPU time") {
  running_loop env{any_sleeping_spin()};
  std::chrono::nanoseconds before{0};
  std::chrono::nanoseconds after{0};
  REQUIRE(env.sync([&] { before = thread_cpu_time(); }));
  auto sleeps = env.loop.sleeps();
  std::this_thread::sleep_for(100ms);
  REQUIRE(env.sync([&] { after = thread_cpu_time(); }));
  CHECK(env.loop.sleeps() > 0);
  CHECK(env.loop.sleeps() <= sleeps + 3);
  if (after - before > 10ms)
    WARN("CPU time of 100 ms idling, in us: " << (after - before) / 1us);
}

TEST_CASE("a loop that has spun in vain a few times sleeps at once") {
  constexpr auto spin = 2ms;
  running_loop env{spin};
  fake_poller events;
  REQUIRE(env.sync([&] { env.loop.set_poller(&events); }));
  size_t rounds = 0;
  for (auto i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(5 * spin); // longer does no harm
    auto sleeps = env.loop.sleeps();
    rounds = events.rounds;
    events.complete();
    REQUIRE(eventually([&] { return env.loop.sleeps() > sleeps; }));
  }
  // A spin of 2 ms has many more.
  CHECK(events.rounds - rounds <= 5);
  REQUIRE(env.sync([&] { env.loop.set_poller(nullptr); }));
}

TEST_CASE("a loop that spins forever never sleeps") {
  running_loop env{caf::infinite};
  std::this_thread::sleep_for(5ms);
  REQUIRE(env.sync([] {}));
  CHECK(env.loop.sleeps() == 0);
}

namespace {

/// A loop whose rounds take what the test says.
struct timed_loop : manual_loop {
  timed_loop() {
    loop.set_poller(&ucx);
  }

  ~timed_loop() {
    loop.set_poller(nullptr);
    loop.stop();
  }

  /// Something that takes its time.
  auto work() {
    return [this] {
      ++done;
      now += std::chrono::microseconds{300};
    };
  }

  size_t done = 0;
  fake_poller ucx;
};

} // namespace

TEST_CASE("a round looks at UCX in time, however much there is to do") {
  timed_loop x;
  SECTION("tasks") {
    for (auto i = 0; i < 10; ++i)
      x.loop.post(x.work());
  }
  SECTION("timers") {
    for (auto i = 0; i < 10; ++i)
      x.loop.after(caf::timespan{0}, x.work());
  }
  SECTION("both, which share the time; each gets a turn") {
    for (auto i = 0; i < 6; ++i)
      x.loop.post(x.work());
    for (auto i = 0; i < 4; ++i)
      x.loop.after(caf::timespan{0}, x.work());
    x.loop.run_once();
    CHECK(x.done == 5);
    CHECK(x.loop.timers() == 3);
  }
  while (x.done < 10) {
    auto before = x.done;
    x.loop.run_once();
    CHECK(x.done > before);
    CHECK(x.done - before <= 5);
  }
  CHECK(x.ucx.rounds >= 3);
}

TEST_CASE("a loop knows its longest round") {
  timed_loop x;
  x.loop.post(x.work());
  x.loop.run_once();
  x.loop.run_once();
  CHECK(x.loop.take_longest_round() == std::chrono::microseconds{300});
  x.loop.run_once();
  CHECK(x.loop.take_longest_round() == caf::timespan{0});
}
