// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/loop/hosted_actor_fixture.hpp"

#include <caf/send.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace rdma;
using namespace rdma::test;
using namespace std::chrono_literals;

// -- life and death ----------------------------------------------------------

TEST_CASE_METHOD(hosted_fixture,
                 "a hosted actor is told when one it monitors dies") {
  loop.spawn<hosted_fun>(
    [listener = caf::actor{self}](hosted_fun* me) -> caf::behavior {
      auto child = me->loop().spawn<hosted_echo>();
      me->set_down_handler([me, listener](const caf::down_msg& msg) {
        me->send(listener, msg.reason);
        me->quit();
      });
      me->monitor(child);
      me->send_exit(child, caf::exit_reason::user_shutdown);
      return {[](go_atom) {}};
    });
  CHECK(next<caf::error>() == caf::exit_reason::user_shutdown);
  CHECK(eventually([this] { return loop.hosted_actors() == 0; }));
}

TEST_CASE_METHOD(hosted_fixture,
                 "state dies on the loop's thread, handles or not") {
  auto echo = loop.spawn<hosted_echo>();
  auto loop_thread = ask(echo, thread_atom_v);
  echo_state::dtor_thread = 0;
  self->monitor(echo);
  SECTION("with a handle") {
    self->send_exit(echo, caf::exit_reason::user_shutdown);
  }
  SECTION("without a handle") {
    self->send_exit(echo, caf::exit_reason::user_shutdown);
    echo = nullptr;
  }
  next<caf::down_msg>();
  CHECK(echo_state::dtor_thread == loop_thread);
  CHECK(eventually([this] { return loop.hosted_actors() == 0; }));
}

TEST_CASE_METHOD(hosted_fixture,
                 "an actor that quits in a timer ends with the next "
                 "message") {
  auto timed = loop.spawn<hosted_fun>(
    [listener = caf::actor{self}](hosted_fun* me) -> caf::behavior {
      me->loop().after(1ms, [me, listener] {
        me->quit(caf::exit_reason::user_shutdown);
        me->send(listener, uint64_t{1});
      });
      return {[](go_atom) {}};
    });
  self->monitor(timed);
  CHECK(next<uint64_t>() == 1);
  CHECK(loop.hosted_actors() == 1);
  SECTION("sent by anyone") {
    self->send(timed, go_atom_v);
  }
  SECTION("sent by stop") {
    loop.stop();
  }
  CHECK(next<caf::down_msg>().reason == caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(hosted_fixture,
                 "threads may spawn and end many hosted actors") {
  std::vector<std::thread> threads;
  std::atomic<int> answers = 0;
  for (auto t = 0; t < 3; ++t)
    threads.emplace_back([this, &answers] {
      caf::scoped_actor me{sys};
      for (auto i = 0; i < 300; ++i) {
        auto echo = loop.spawn<hosted_echo>();
        me->request(echo, patience, uint64_t{1})
          .receive([&](uint64_t) { ++answers; }, [](caf::error&) {});
        me->send_exit(echo, caf::exit_reason::user_shutdown);
      }
    });
  for (auto& hdl : threads)
    hdl.join();
  CHECK(answers == 900);
  CHECK(eventually([this] { return loop.hosted_actors() == 0; }));
  CHECK(echo_state::alive == 0);
}

TEST_CASE_METHOD(hosted_fixture,
                 "a message to an actor of a stopped loop is dropped") {
  auto echo = loop.spawn<hosted_echo>();
  loop.stop();
  caf::error reason;
  self->request(echo, patience, uint64_t{1})
    .receive([](uint64_t) { FAIL("got an answer"); },
             [&](caf::error& err) { reason = std::move(err); });
  CHECK(reason == caf::sec::request_receiver_down);
}

// -- stopping ----------------------------------------------------------------

TEST_CASE_METHOD(hosted_fixture,
                 "stopping kills actors that ignore everything") {
  for (auto i = 0; i < 10; ++i)
    loop.spawn<hosted_fun>([](hosted_fun* me) -> caf::behavior {
      me->set_exit_handler([](const caf::exit_msg&) {});
      me->set_default_handler(caf::drop);
      return {[](go_atom) {}};
    });
  auto echo = loop.spawn<hosted_echo>();
  self->monitor(echo);
  loop.stop();
  CHECK(loop.hosted_actors() == 0);
  CHECK(next<caf::down_msg>().reason == caf::exit_reason::kill);
}

TEST_CASE_METHOD(hosted_fixture,
                 "stopping kills actors that never stop sending") {
  for (auto i = 0; i < 10; ++i) {
    auto busy = loop.spawn<hosted_fun>([](hosted_fun* me) -> caf::behavior {
      return {
        [me](go_atom) {
          me->send(me, go_atom_v);
          if (me->mailbox().size() < 100)
            me->send(me, go_atom_v);
        },
      };
    });
    self->send(busy, go_atom_v);
  }
  loop.stop();
  CHECK(loop.hosted_actors() == 0);
}

TEST_CASE_METHOD(hosted_fixture,
                 "stopping kills actors spawned by dying ones") {
  auto children = std::make_shared<std::atomic<int>>(0);
  hosted_fun::init leaf = [children](hosted_fun*) -> caf::behavior {
    ++*children;
    return {[](go_atom) {}};
  };
  for (auto i = 0; i < 10; ++i)
    loop.spawn<hosted_fun>([leaf](hosted_fun* me) -> caf::behavior {
      me->attach_functor(
        [&loop = me->loop(), leaf] { loop.spawn<hosted_fun>(leaf); });
      return {[](go_atom) {}};
    });
  loop.stop();
  CHECK(loop.hosted_actors() == 0);
  CHECK(*children == 10);
}

TEST_CASE("a loop without a thread hosts actors and kills them when it stops") {
  manual_loop env;
  auto before = echo_state::alive.load();
  auto echo = env.loop.spawn<hosted_echo>();
  caf::scoped_actor self{env.sys};
  auto response = self->request(echo, patience, uint64_t{41});
  CHECK(env.loop.run_once() == 1);
  std::move(response).receive([](uint64_t x) { CHECK(x == 42); },
                              [](caf::error&) { FAIL("no answer"); });
  CHECK(echo_state::alive == before + 1);
  env.loop.stop();
  CHECK(env.loop.hosted_actors() == 0);
  CHECK(echo_state::alive == before);
}

TEST_CASE("an actor that always sends to itself starves neither poller nor "
          "timers") {
  manual_loop env;
  fake_poller events;
  env.loop.set_poller(&events);
  auto fired = false;
  auto busy = env.loop.spawn<hosted_fun>([](hosted_fun* me) -> caf::behavior {
    return {[me](go_atom) { me->send(me, go_atom_v); }};
  });
  caf::anon_send(busy, go_atom_v);
  env.loop.at(env.now, [&] { fired = true; });
  for (auto i = 0; i < 10; ++i)
    env.loop.run_once();
  CHECK(events.rounds == 10);
  CHECK(fired);
  env.loop.set_poller(nullptr);
}
