// SPDX-License-Identifier: BSD-3-Clause

// Whoever watches the links of a runtime hears what becomes of its peers.

#include "caf_rdma/tests/process/steps.hpp"

using namespace rdma_test;

namespace {

/// The next event says that there is a link to this peer.
void hears_of(worker_process& x, const std::string& peer) {
  CHECK(x.ask("link") == "ok " + peer + ' ' + lane());
}

/// The next event says why there is none.
void hears_why(worker_process& x, const std::string& why,
               const std::string& peer) {
  CHECK(x.ask("link") == "error " + why + ' ' + peer);
}

} // namespace

TEST_CASE("both sides of a link are told that it is up, and why it ends") {
  auto survivor = start("survivor");
  auto other = start("other");
  write(*other, *survivor);
  hears_of(*survivor, "other");
  hears_of(*other, "survivor");
  SECTION("the peer dies") {
    other->kill();
    hears_why(*survivor, "peer_lost", "other");
  }
  SECTION("the peer hangs") {
    other->signal(SIGSTOP);
    hears_why(*survivor, "peer_unresponsive", "other");
  }
  auto next = start("other");
  write(*next, *survivor);
  hears_of(*survivor, "other");
}

TEST_CASE("a link that cannot be made is an event") {
  auto survivor = start("survivor");
  auto victim = start("victim");
  auto metadata = victim->must("writable w 100");
  victim->kill();
  survivor->must("write a 1 100 " + metadata);
  CHECK(code_of(survivor->ask("wait a")) == "peer_unreachable");
  hears_why(*survivor, "peer_unreachable", "victim");
}
