// SPDX-License-Identifier: BSD-3-Clause

// A process is stopped in mid-transfer, its peer ends the operation and uses
// the memory for something else, and then the process goes on. See
// actors/operations/late_write_test.cpp for random cancels between processes
// that run.

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <csignal>

using namespace rdma_test;

namespace {

strings with(strings xs, const std::string& option) {
  xs.push_back(option);
  return xs;
}

const strings no_options;

/// Long enough for filling memory and moving some of it.
#ifdef RDMA_SANITIZED
const std::string deadline = "15s";
#else
const std::string deadline = "3s";
#endif

} // namespace

TEST_CASE(
  "a stopped receiver does not complete with what a source holds later") {
  auto options = GENERATE(slow, no_options,
                          strings{"--rdma.rendezvous-threshold=1000000000"});
  auto is_write = GENERATE(true, false);
  auto size = GENERATE("3000000", "100000000", "16384x4000", "500x60000");
  CAPTURE(options, is_write, size);
  auto source = start("source", with(options, "--rdma.grace=300ms"));
  auto receiver = start("receiver", options);
  write_both_ways(*source, *receiver);
  pair_of_operations ops{is_write ? *source : *receiver,
                         is_write ? *receiver : *source, is_write};
  auto source_id = is_write ? "a" : "p";
  auto receiver_id = is_write ? "p" : "a";
  ops.begin(size);
  receiver->signal(SIGSTOP);
  source->tell("cancel " + std::string{source_id});
  auto cancelled = source->hear();
  source->must("status " + std::string{source_id});
  source->ask("poison " + std::string{source_id});
  receiver->signal(SIGCONT);
  if (cancelled.starts_with("ok ERRORED") || cancelled.starts_with("ok CANC"))
    receiver->tell("cancel " + std::string{receiver_id});
  else
    receiver->tell("wait " + std::string{receiver_id});
  auto received = receiver->hear();
  CAPTURE(cancelled, received);
  if (received.starts_with("ok COMPLETE"))
    receiver->must("check " + std::string{receiver_id} + " 1");
  else
    CHECK_FALSE(cancelled.starts_with("ok COMPLETE"));
  source->must("poisoned " + std::string{source_id});
  write_both_ways(*source, *receiver);
}

TEST_CASE("a stopped source does not write what has become the user's again") {
  auto options = GENERATE(slow, no_options,
                          strings{"--rdma.rendezvous-threshold=1000000000"});
  auto is_write = GENERATE(true, false);
  CAPTURE(options, is_write);
  if (lane() == "local")
    SKIP("on the local lane nobody needs a source that runs");
  options.push_back("--rdma.heartbeat-limit=30s"); // the deadline comes first
  auto source = start("source", options);
  // Both deadlines: the destination is active in a read and passive in a write.
  auto receiver = start("receiver",
                        with(with(with(options, "--rdma.grace=300ms"),
                                  "--rdma.active-deadline=" + deadline),
                             "--rdma.passive-deadline=" + deadline));
  write_both_ways(*source, *receiver);
  pair_of_operations ops{is_write ? *source : *receiver,
                         is_write ? *receiver : *source, is_write};
  auto source_id = is_write ? "a" : "p";
  auto receiver_id = std::string{is_write ? "p" : "a"};
  stop_in_mid_transfer([&] { ops.begin("200000000"); }, *source, *receiver,
                       receiver_id);
  auto ended = receiver->ask("poison " + receiver_id);
  CAPTURE(ended);
  CHECK(
    (code_of(ended) == "deadline_exceeded" || code_of(ended) == "link_reset"));
  receiver->must("poisoned " + receiver_id);
  source->signal(SIGCONT);
  auto told = source->ask("wait " + std::string{source_id});
  CAPTURE(told);
  CHECK(told.starts_with("error"));
  receiver->must("poisoned " + receiver_id);
  write_both_ways(*source, *receiver);
  receiver->must("poisoned " + receiver_id);
}

// What waits to be sent must not keep the endpoint open.
TEST_CASE("what is fetched from a silent peer ends, whatever waits for it",
          "[eager]") {
  if (lane() == "local")
    SKIP("on the local lane nobody needs a source that runs");
  auto source = start("source");
  // Copies of what is sent, and more of them than the kernel takes.
  auto receiver = start(
    "receiver", {"--rdma.rendezvous-threshold=1000000000", "--rdma.window=32",
                 "--rdma.heartbeat=100ms", "--rdma.heartbeat-limit=1s"});
  write_both_ways(*source, *receiver);
  auto to_source = source->must("writable w 40000000");
  auto begin = [&] {
    auto to_receiver = receiver->must("writable w 400000000");
    source->must("write a 1 400000000 " + to_receiver);
  };
  stop_in_mid_transfer(begin, *source, *receiver, "w");
  receiver->must("write a 1 40000000 " + to_source);
  CHECK(code_of(receiver->ask("wait w")) == "peer_unresponsive");
  receiver->ask("poison w");
  auto sent = receiver->ask("wait a");
  CAPTURE(sent);
  CHECK((code_of(sent) == "peer_unresponsive"
         || code_of(sent) == "outcome_unknown"
         || code_of(sent) == "peer_unreachable")); // begun too late
  source->signal(SIGCONT);
  link(*source, *receiver);
  write_both_ways(*source, *receiver);
  receiver->must("poisoned w");
}
