// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/access_handshake.hpp"
#include "caf_rdma/transport/lanes/local/host_id.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdarg>
#include <vector>

using namespace rdma;

namespace {

/// Whom this process has let in, as Yama would see it.
std::vector<int> let_in;

/// The ID of a process that is gone.
uint32_t dead_process() {
  auto child = fork();
  if (child == 0)
    _exit(0);
  waitpid(child, nullptr, 0);
  return static_cast<uint32_t>(child);
}

} // namespace

// In place of the C library's.
extern "C" int prctl(int option, ...) {
  va_list in;
  va_start(in, option);
  unsigned long xs[4];
  for (auto& x : xs)
    x = va_arg(in, unsigned long);
  va_end(in);
  if (option == PR_SET_PTRACER) {
    let_in.push_back(static_cast<int>(xs[0]));
    return 0;
  }
  return static_cast<int>(
    syscall(SYS_prctl, option, xs[0], xs[1], xs[2], xs[3]));
}

TEST_CASE("two that can read each other agree on the local lane") {
  local::access_handshake x;
  local::access_handshake y;
  auto from_x = x.probe();
  auto from_y = y.probe();
  CHECK(from_x.nonce != from_y.nonce);
  auto verdict_of_x = x.try_out(y.answer(from_x));
  CHECK(verdict_of_x.usable);
  CHECK(x.readable());
  CHECK(x.process() == getpid());
  CHECK_FALSE(x.decided()); // the other way may not work
  auto verdict_of_y = y.try_out(x.answer(from_y));
  x.conclude(verdict_of_y);
  y.conclude(verdict_of_x);
  CHECK(x.decided());
  CHECK(x.usable());
  CHECK(y.usable());
}

TEST_CASE("what is not the nonce proves nothing") {
  local::access_handshake x;
  local::access_handshake y;
  auto probe = x.probe();
  SECTION("another number at that address") {
    auto answer = y.answer({probe.pid, probe.nonce + 1});
    CHECK_FALSE(x.try_out(answer).usable);
    CHECK(x.reason().find("another process answers") != std::string::npos);
  }
  SECTION("an address that is not mapped") {
    auto verdict = x.try_out({static_cast<uint32_t>(getpid()), 8});
    CHECK_FALSE(verdict.usable);
    CHECK(verdict.reason.find("cannot read") != std::string::npos);
  }
  SECTION("a process that is not there") {
    auto answer = y.answer(probe);
    answer.pid = dead_process();
    CHECK_FALSE(x.try_out(answer).usable);
    CHECK(x.reason().find("PID namespace") != std::string::npos);
  }
  x.conclude({true, {}});
  CHECK(x.decided());
  CHECK_FALSE(x.usable());
  CHECK_FALSE(x.readable());
}

TEST_CASE("a nonce that was never asked for proves nothing") {
  local::access_handshake x;
  local::access_handshake y;
  CHECK_FALSE(x.try_out(y.answer({1, 2})).usable);
}

TEST_CASE("one that cannot read keeps both off the local lane, and says why") {
  local::access_handshake x;
  local::access_handshake y;
  CHECK(x.try_out(y.answer(x.probe())).usable);
  x.conclude({false, "seccomp"});
  CHECK(x.decided());
  CHECK_FALSE(x.usable());
  CHECK(x.reason() == "at the peer: seccomp");
}

TEST_CASE("a handshake can be given up") {
  local::access_handshake x;
  x.give_up("another host");
  CHECK(x.decided());
  CHECK_FALSE(x.usable());
  CHECK(x.reason() == "another host");
}

TEST_CASE("what a peer says after the decision changes nothing") {
  local::access_handshake x;
  local::access_handshake y;
  auto probe = x.probe();
  SECTION("that the lane can be used after all") {
    x.give_up("no answer");
    CHECK_FALSE(x.try_out(y.answer(probe)).usable);
    x.conclude({true, {}});
    CHECK_FALSE(x.usable());
    CHECK(x.reason() == "no answer");
  }
  SECTION("that it cannot, or that it is another process") {
    CHECK(x.try_out(y.answer(probe)).usable);
    x.conclude({true, {}});
    x.conclude({false, "no"});
    CHECK(x.try_out({dead_process(), 8}).usable);
    CHECK(x.usable());
    CHECK(x.process() == getpid());
  }
}

TEST_CASE("a machine has one name") {
  CHECK(local::host_id() != 0);
  CHECK(local::host_id() == local::host_id());
}

TEST_CASE("a peer is let in, but never everybody, and it locks nobody out") {
  let_in.clear();
  local::access_handshake x;
  CHECK_FALSE(x.asked());
  x.answer({4711, 1});
  CHECK(x.asked());
  CHECK(let_in == std::vector{4711});
  for (auto pid : {0u, UINT32_MAX, 0x80000000u})
    local::access_handshake{}.answer({pid, 1});
  CHECK(let_in == std::vector{4711});
}
