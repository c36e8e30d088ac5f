// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/transport/loop/hosted_actor_fixture.hpp"

using namespace rdma;
using namespace rdma::test;
using namespace std::chrono_literals;

// -- messages ----------------------------------------------------------------

TEST_CASE_METHOD(hosted_fixture,
                 "a hosted actor answers on the loop's thread only") {
  auto echo = loop.spawn<hosted_echo>();
  auto loop_thread = ask(echo, thread_atom_v);
  CHECK(loop_thread != this_thread_id());
  for (uint64_t i = 0; i < 200; ++i)
    REQUIRE(ask(echo, i) == i + 1);
  CHECK(ask(echo, thread_atom_v) == loop_thread);
  CHECK(loop.hosted_actors() == 1);
}

TEST_CASE_METHOD(hosted_fixture,
                 "hosted actors talk to each other on one thread") {
  auto echo = loop.spawn<hosted_echo>();
  auto counter = loop.spawn<hosted_counter>(echo, caf::actor{self});
  self->send(counter, go_atom_v, uint64_t{5'000});
  CHECK(next<uint64_t>() == ask(echo, thread_atom_v));
}

TEST_CASE_METHOD(hosted_fixture,
                 "a pool actor stays in the pool when it asks us") {
  auto echo = loop.spawn<hosted_echo>();
  auto counter = sys.spawn<pool_counter>(echo, caf::actor{self});
  self->send(counter, go_atom_v, uint64_t{500});
  CHECK(next<uint64_t>() != ask(echo, thread_atom_v));
}

TEST_CASE_METHOD(hosted_fixture,
                 "a pool actor stays in the pool when we ask it") {
  auto echo = sys.spawn<pool_echo>();
  auto reference = loop.spawn<hosted_echo>();
  auto counter = loop.spawn<hosted_counter>(echo, caf::actor{self});
  self->send(counter, go_atom_v, uint64_t{500});
  auto loop_thread = next<uint64_t>();
  CHECK(loop_thread == ask(reference, thread_atom_v));
  CHECK(ask(echo, thread_atom_v) != loop_thread);
  self->send_exit(echo, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(hosted_fixture,
                 "a hosted actor may spawn hosted and pool actors") {
  auto spawner = loop.spawn<hosted_fun>([](hosted_fun* self) -> caf::behavior {
    return {
      [self](go_atom, bool on_loop) {
        auto child = on_loop ? self->spawn<hosted_echo>()
                             : self->spawn<pool_echo>();
        auto rp = self->make_response_promise<uint64_t>();
        self->request(child, caf::infinite, thread_atom_v)
          .then([self, rp, child](uint64_t thread) mutable {
            self->send_exit(child, caf::exit_reason::user_shutdown);
            rp.deliver(thread);
          });
        return rp;
      },
      [](thread_atom) { return this_thread_id(); },
    };
  });
  auto loop_thread = ask(spawner, thread_atom_v);
  CHECK(ask(spawner, go_atom_v, true) == loop_thread);
  CHECK(ask(spawner, go_atom_v, false) != loop_thread);
}

// -- time --------------------------------------------------------------------

TEST_CASE_METHOD(hosted_fixture, "a request to a mute hosted actor times out") {
  auto echo = loop.spawn<hosted_echo>();
  auto start = std::chrono::steady_clock::now();
  caf::error reason;
  self->request(echo, 20ms, mute_atom_v)
    .receive([](uint64_t) { FAIL("got an answer"); },
             [&](caf::error& err) { reason = std::move(err); });
  CHECK(reason == caf::sec::request_timeout);
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

TEST_CASE_METHOD(hosted_fixture, "a request of a hosted actor times out") {
  auto echo = loop.spawn<hosted_echo>();
  loop.spawn<hosted_fun>(
    [echo, listener = caf::actor{self}](hosted_fun* me) -> caf::behavior {
      me->request(echo, 20ms, mute_atom_v)
        .then([](uint64_t) {},
              [me, listener](const caf::error& err) {
                me->send(listener, err);
                me->quit();
              });
      return {[](go_atom) {}};
    });
  CHECK(next<caf::error>() == caf::sec::request_timeout);
}

TEST_CASE_METHOD(hosted_fixture,
                 "delayed messages and timers reach a hosted actor") {
  auto echo = loop.spawn<hosted_echo>();
  auto start = std::chrono::steady_clock::now();
  loop.spawn<hosted_fun>(
    [listener = caf::actor{self}](hosted_fun* me) -> caf::behavior {
      me->delayed_send(me, 10ms, go_atom_v);
      return {
        [me, listener](go_atom) {
          me->loop().after(10ms, [me] { me->send(me, thread_atom_v); });
        },
        [me, listener](thread_atom) {
          me->send(listener, this_thread_id());
          me->quit();
        },
      };
    });
  CHECK(next<uint64_t>() == ask(echo, thread_atom_v));
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

// -- speed -------------------------------------------------------------------

TEST_CASE("a request between hosted actors takes well below a microsecond",
          "[.][benchmark]") {
  running_loop env{caf::timespan{50us}};
  caf::scoped_actor self{env.sys};
  auto echo = env.loop.spawn<hosted_echo>();
  constexpr uint64_t n = 2'000'000;
  auto counter = env.loop.spawn<hosted_counter>(echo, caf::actor{self});
  auto start = std::chrono::steady_clock::now();
  self->send(counter, go_atom_v, n);
  self->receive([](uint64_t) {});
  auto elapsed = std::chrono::steady_clock::now() - start;
  WARN("ns per request and response: " << elapsed / 1ns / n);
}
