// SPDX-License-Identifier: BSD-3-Clause

// A worker dies by SIGKILL at every point of a transfer. The other one learns
// of it, and works on.

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <random>
#include <thread>

using namespace rdma_test;

namespace {

/// The survivor works with others, and with the next life of the dead.
void works_on(worker_process& survivor) {
  auto carol = start("carol");
  write_both_ways(survivor, *carol);
  auto victim = start("victim");
  write_both_ways(survivor, *victim);
}

void is_refused(worker_process& survivor, const std::string& old_metadata) {
  survivor.must("write old 1 100 " + old_metadata);
  auto answer = survivor.ask("wait old");
  CAPTURE(answer);
  CHECK((code_of(answer) == "stale_metadata"
         || code_of(answer) == "peer_unreachable"));
}

} // namespace

TEST_CASE("a peer that dies before it has answered at all is unreachable") {
  auto survivor = start("survivor");
  auto victim = start("victim");
  auto write_to = victim->must("writable w 3000000");
  auto read_from = victim->must("readable r 1 3000000");
  victim->signal(SIGSTOP);
  survivor->must("write a 1 3000000 " + write_to);
  survivor->must("read b 3000000 " + read_from);
  SECTION("at once") {
  }
  SECTION("a moment later") {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  victim->kill();
  CHECK(code_of(survivor->ask("wait a")) == "peer_unreachable");
  CHECK(code_of(survivor->ask("wait b")) == "peer_unreachable");
  works_on(*survivor);
}

TEST_CASE("a worker that dies in mid-transfer leaves peer_lost behind") {
  auto options = GENERATE(slow, strings{});
  auto is_write = GENERATE(true, false);
  auto dies_active = GENERATE(true, false);
  auto stopped_first = GENERATE(true, false);
  CAPTURE(options, is_write, dies_active, stopped_first);
  if (lane() == "local" && options.empty())
    return; // over before anybody can die
  auto survivor = start("survivor", options);
  auto id = std::string{dies_active ? "p" : "a"};
  std::string old_metadata;
  std::string answer = "ok";
  // Some machines move 200 MB before they kill.
  for (auto size = 200'000'000; answer.starts_with("ok"); size *= 2) {
    REQUIRE(size < 2'000'000'000);
    auto victim = start("victim", options);
    old_metadata = victim->must("writable old 100");
    pair_of_operations ops{dies_active ? *victim : *survivor,
                           dies_active ? *survivor : *victim, is_write};
    ops.begin(std::to_string(size));
    if (!try_until_in_progress(*survivor, id))
      continue;
    if (stopped_first)
      victim->signal(SIGSTOP);
    victim->kill();
    answer = survivor->ask("wait " + id);
  }
  CAPTURE(answer);
  CHECK(tells_loss(answer, is_write != dies_active));
  // On the local lane the memory that is gone may be noticed first.
  CHECK((lane() == "local" || answer.find("(UCX: ") != std::string::npos));
  is_refused(*survivor, old_metadata);
  works_on(*survivor);
}

TEST_CASE("a source that had offered everything says outcome_unknown") {
  auto survivor = start("survivor");
  auto victim = start("victim");
  write(*survivor, *victim);
  auto metadata = victim->must("writable w 2000000");
  victim->signal(SIGSTOP);
  survivor->must("write a 1 2000000 " + metadata);
  CHECK(survivor->must("status a").starts_with("INITIALIZED") == false);
  victim->kill();
  CHECK(code_of(survivor->ask("wait a")) == "outcome_unknown");
  works_on(*survivor);
}

TEST_CASE("only what was claimed by the dead ends with them") {
#ifdef RDMA_SANITIZED // filling memory takes its time
  const std::string size = "40000000";
#else
  const std::string size = "400000000";
#endif
  auto survivor = start("survivor", slow);
  auto victim = start("victim", slow);
  auto w = survivor->must("writable w " + size);
  auto r = survivor->must("readable r 1 " + size);
  auto free_w = survivor->must("writable fw 3000000");
  auto free_r = survivor->must("readable fr 2 3000000");
  survivor->signal(SIGSTOP); // both begin to move at the same time
  victim->must("write w 1 " + size + " " + w); // fills its memory first
  victim->must("read r " + size + " " + r);
  survivor->signal(SIGCONT);
  until_in_progress(*survivor, "r");
  // On the local lane nobody needs a source that runs.
  auto fetches_alone = lane() == "local";
  if (!fetches_alone)
    until_in_progress(*survivor, "w");
  victim->signal(SIGSTOP);
  if (!fetches_alone)
    CHECK(survivor->must("status w").starts_with("IN_PROGRESS"));
  CHECK(survivor->must("status r").starts_with("IN_PROGRESS"));
  victim->kill();
  auto written = survivor->ask("wait w");
  CAPTURE(written);
  CHECK((tells_loss(written, false)
         || (fetches_alone && written.starts_with("ok COMPLETE"))));
  CHECK(tells_loss(survivor->ask("wait r"), true));
  CHECK(survivor->must("status fw").starts_with("INITIALIZED"));
  CHECK(survivor->must("status fr").starts_with("INITIALIZED"));
  auto carol = start("carol");
  carol->must("write w 1 3000000 " + free_w);
  carol->must("read r 3000000 " + free_r);
  CHECK(carol->must("wait w").starts_with("COMPLETE"));
  CHECK(carol->must("wait r").starts_with("COMPLETE"));
  carol->must("check r 2");
  survivor->must("wait fw");
  survivor->must("check fw 1");
}

namespace {

/// Kills one side of a small transfer at a random moment. Returns false if the
/// survivor has crashed.
bool die_at_random(worker_process& survivor, worker_process& carol,
                   std::minstd_rand& random, bool linked, int round) {
  auto is_write = round % 2 == 0;
  auto dies_active = round % 4 < 2;
  CAPTURE(round, is_write, dies_active);
  auto victim = start("victim");
  if (linked)
    write(survivor, *victim);
  pair_of_operations ops{dies_active ? *victim : survivor,
                         dies_active ? survivor : *victim, is_write};
  auto metadata = ops.begin("100000");
  std::this_thread::sleep_for(std::chrono::microseconds{random() % 800});
  victim->kill();
  std::string id = dies_active ? "p" : "a";
  // Carol may have what nobody else has claimed.
  if (dies_active) {
    carol.must((is_write ? "write c 1 100000 " : "read c 100000 ") + metadata);
    carol.ask("wait c");
  }
  if (survivor.crashed())
    return false;
  survivor.tell("wait " + id);
  auto answer = survivor.try_hear();
  if (!answer)
    return false;
  CAPTURE(*answer);
  auto code = code_of(*answer);
  if (answer->starts_with("ok"))
    survivor.must("check " + id + " 1");
  else
    CHECK((code == "peer_lost" || code == "outcome_unknown"
           || (!dies_active && !linked && code == "peer_unreachable")));
  return true;
}

} // namespace

TEST_CASE("a death around the claim or the last acknowledgement ends both") {
  auto seed = Catch::getSeed();
  CAPTURE(seed);
  std::minstd_rand random{seed};
  auto survivor = start("survivor");
  auto carol = start("carol");
  for (int i = 0; i < 40; ++i)
    REQUIRE(die_at_random(*survivor, *carol, random, true, i));
  works_on(*survivor);
}

TEST_CASE("a death during first contact ends what was claimed") {
  auto seed = Catch::getSeed();
  CAPTURE(seed);
  std::minstd_rand random{seed};
  auto survivor = start("survivor");
  auto carol = start("carol");
  write_both_ways(*survivor, *carol);
  for (int i = 0; i < 40; ++i)
    REQUIRE(die_at_random(*survivor, *carol, random, false, i));
  works_on(*survivor);
}
