// SPDX-License-Identifier: BSD-3-Clause

// Why links to silent peers are hung up, shown with UCX alone. See
// process/late_write_test.cpp for what it does to workers.

#include "caf_rdma/tests/transport/ucx/ucx_fixture.hpp"
#include "caf_rdma/transport/ucx/hang_up.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <malloc.h>

#include <csignal>

using namespace rdma;
using namespace rdma::test;

namespace {

constexpr std::chrono::milliseconds silence{50};

// More than the kernel takes.
constexpr size_t messages = 2000;

/// Our peer is stopped while we send to it. We close by force; then it goes on,
/// closes, too, and reads what we have sent, before we look at UCX again.
/// Returns false if a step has not worked.
bool close_before_a_stopped_peer(bool hang_up) {
  ucx_side us;
  ucx_side peer;
  std::vector<std::byte> data(32 << 10);
  auto there = us.connect(peer);
  auto back = peer.connect(us);
  send(us, there, 1, data, UCP_AM_SEND_FLAG_EAGER);
  send(peer, back, 2, data, UCP_AM_SEND_FLAG_EAGER);
  if (!drive(us, peer, [&] { return us.messages == 1 && peer.messages == 1; }))
    return false;
  for (size_t i = 0; i < messages; ++i) {
    send(us, there, 3, data, UCP_AM_SEND_FLAG_EAGER);
    us.worker.progress();
  }
  usleep(2 * std::chrono::microseconds{silence}.count());
  there.close(us.pool);
  auto hung_up = hang_up ? ucx::hang_up(us.worker, silence) : 0;
  if (!eventually([&] {
        us.worker.progress();
        return us.pool.busy() == 0;
      }))
    return false;
  back.close(peer.pool);
  using clock = std::chrono::steady_clock;
  for (auto last = clock::now(); clock::now() - last < silence;)
    if (peer.worker.progress() > 0)
      last = clock::now();
  for (auto i = 0; i < 1000; ++i) {
    us.worker.progress();
    peer.worker.progress();
  }
  return hung_up == (hang_up ? 1 : 0) && peer.pool.busy() == 0;
}

/// Runs it in a process of its own, whose freed memory does not look like what
/// it was. Returns the status for `waitpid`.
int run(bool hang_up) {
  auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    mallopt(M_PERTURB, 0xAA);
    for (auto number : {SIGSEGV, SIGABRT, SIGBUS, SIGILL})
      std::signal(number, SIG_DFL); // UCX would say more than we want
    _exit(close_before_a_stopped_peer(hang_up) ? 0 : 1);
  }
  auto status = 0;
  waitpid(child, &status, 0);
  return status;
}

} // namespace

TEST_CASE("UCX uses what it has freed when a peer closes that data waits for") {
  auto status = run(false);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    SKIP("UCX " << ucx::library_version()
                << " does not, or freed memory looks like what it was");
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("a connection that was hung up before ends well") {
  auto status = run(true);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("what is not silent is not hung up") {
  ucx_side us;
  ucx_side peer;
  std::vector<std::byte> data(32 << 10);
  auto there = us.connect(peer);
  auto back = peer.connect(us);
  send(us, there, 1, data, UCP_AM_SEND_FLAG_EAGER);
  send(peer, back, 2, data, UCP_AM_SEND_FLAG_EAGER);
  REQUIRE(
    drive(us, peer, [&] { return us.messages == 1 && peer.messages == 1; }));
  SECTION("nothing waits to be sent") {
    usleep(2 * std::chrono::microseconds{silence}.count());
    CHECK(ucx::hang_up(us.worker, silence) == 0);
  }
  SECTION("something has come a short time ago") {
    for (size_t i = 0; i < messages; ++i) {
      send(us, there, 3, data, UCP_AM_SEND_FLAG_EAGER);
      us.worker.progress();
    }
    CHECK(ucx::hang_up(us.worker, std::chrono::hours{1}) == 0);
  }
  there.close(us.pool);
  back.close(peer.pool);
  CHECK(drive(us, peer,
              [&] { return us.pool.busy() == 0 && peer.pool.busy() == 0; }));
}
