// SPDX-License-Identifier: BSD-3-Clause

// Standing grants whose users, or whose owner, die or hang.

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma_test;

namespace {

#ifdef RDMA_SANITIZED // filling memory takes its time
const std::string large = "40000000";
#else
const std::string large = "200000000";
#endif

/// A worker that grants all of its memory "p" to any number of claims.
struct pool {
  explicit pool(bool for_writers, const strings& options)
    : writable(for_writers), owner(start("owner", options)) {
    owner->must("claims 0");
    metadata
      = owner->must((writable ? "writable p " : "readable p 1 ") + large);
  }

  void begin(worker_process& user) const {
    user.must((writable ? "write a 1 " : "read a ") + large + " " + metadata);
  }

  /// A whole transfer; the memory that is written has the seed 1.
  void use(worker_process& user) const {
    begin(user);
    auto answer = user.must("wait a");
    CHECK(answer.starts_with("COMPLETE"));
    if (writable)
      owner->must("check p 1");
    else
      user.must("check a 1");
  }

  bool writable;
  worker_ptr owner;
  std::string metadata;
};

strings patient() {
  auto result = slow;
  result.push_back("--rdma.heartbeat-limit=20s");
  result.push_back("--rdma.grace=300ms");
  return result;
}

} // namespace

TEST_CASE("a standing grant outlives a user that dies") {
  auto writable = GENERATE(true, false);
  CAPTURE(writable);
  pool x{writable, slow};
  auto carol = start("carol");
  for (int i = 0; i < 3; ++i) {
    auto victim = start("victim", slow);
    x.begin(*victim);
    try_until_in_progress(*victim, "a");
    victim->kill();
    x.use(*carol);
  }
  auto end = x.owner->must("cancel p");
  CHECK(end.starts_with("CANCELLED"));
  x.owner->ask("poison p");
  x.owner->must("poisoned p");
}

TEST_CASE("all who use a standing grant learn that its owner has died") {
  auto writable = GENERATE(true, false);
  CAPTURE(writable);
  pool x{writable, patient()};
  auto alice = start("alice", patient());
  auto bob = start("bob", patient());
  for (auto* user : {alice.get(), bob.get()})
    x.use(*user);
  x.owner->signal(SIGSTOP);
  for (auto* user : {alice.get(), bob.get()})
    x.begin(*user);
  x.owner->kill();
  for (auto* user : {alice.get(), bob.get()}) {
    auto answer = user->ask("wait a");
    CAPTURE(answer);
    CHECK(tells_loss(answer, writable));
  }
  write_both_ways(*alice, *bob);
}

TEST_CASE("a user that is stopped does not hold up the end of a grant, and "
          "moves nothing afterwards") {
  auto writable = GENERATE(true, false);
  CAPTURE(writable);
  pool x{writable, patient()};
  auto user = start("user", patient());
  x.use(*user);
  auto moving = false;
  for (auto attempts = 20; attempts > 0 && !moving; --attempts) {
    x.begin(*user);
    moving = try_until_in_progress(*user, "a");
  }
  user->signal(SIGSTOP);
  CHECK(moving);
  auto end = x.owner->must("cancel p");
  CHECK(end.starts_with("CANCELLED"));
  x.owner->ask("poison p");
  user->signal(SIGCONT);
  auto answer = user->ask("wait a");
  CAPTURE(answer);
  // It may have ended before; if the link had to be reset the source of what
  // was offered cannot know.
  CHECK((answer.starts_with("ok COMPLETE") || code_of(answer) == "grant_revoked"
         || code_of(answer) == "link_reset"
         || code_of(answer) == "outcome_unknown"));
  if (!writable && answer.starts_with("ok COMPLETE"))
    user->must("check a 1");
  x.owner->must("poisoned p");
  x.owner->must("claims 1");
  write_both_ways(*x.owner, *user);
}
