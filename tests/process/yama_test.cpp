// SPDX-License-Identifier: BSD-3-Clause

// The right to read another process can be taken away again: under Yama's
// ptrace_scope=1, the default of some distributions, a process lets in one
// other at a time (yama_preload.cpp).

#include "caf_rdma/tests/process/steps.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace rdma_test;

namespace {

/// Who lets in whom, of a test's workers.
class yama {
public:
  yama() {
    auto pattern
      = (std::filesystem::temp_directory_path() / "rdma-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }

  yama(const yama&) = delete;

  yama& operator=(const yama&) = delete;

  ~yama() {
    std::filesystem::remove_all(folder_);
  }

  worker_ptr start(const std::string& id, strings options) const {
    auto* sanitizer = std::getenv("ASAN_OPTIONS");
    strings words{RDMA_TEST_WORKER, "--rdma.worker-id=" + id};
    words.insert(words.end(), options.begin(), options.end());
    return std::make_unique<worker_process>(
      command_line{std::move(words)},
      strings{"LD_PRELOAD=" RDMA_TEST_YAMA, "RDMA_TEST_YAMA=" + folder_,
              "ASAN_OPTIONS=" + std::string{sanitizer ? sanitizer : ""}
                + ":verify_asan_link_order=0"});
  }

private:
  std::string folder_;
};

/// Writes and checks; returns the lane.
std::string lane_of_write(worker_process& from, worker_process& to,
                          const std::string& size) {
  CAPTURE(size);
  auto metadata = to.must("writable yw " + size);
  from.must("write ya 5 " + size + ' ' + metadata);
  auto answer = from.ask("wait ya");
  CAPTURE(answer);
  REQUIRE(answer.starts_with("ok COMPLETE "));
  CHECK(to.ask("wait yw").starts_with("ok COMPLETE"));
  to.must("check yw 5");
  answer.resize(answer.rfind(' '));
  return answer.substr(answer.rfind(' ') + 1);
}

/// The same for a read.
std::string lane_of_read(worker_process& to, worker_process& from,
                         const std::string& size) {
  CAPTURE(size);
  auto metadata = from.must("readable yr 6 " + size);
  to.must("read ya " + size + ' ' + metadata);
  auto answer = to.ask("wait ya");
  CAPTURE(answer);
  REQUIRE(answer.starts_with("ok COMPLETE "));
  CHECK(from.ask("wait yr").starts_with("ok COMPLETE"));
  to.must("check ya 6");
  answer.resize(answer.rfind(' '));
  return answer.substr(answer.rfind(' ') + 1);
}

} // namespace

TEST_CASE("a worker that may not read another one any more goes on by UCX") {
  strings options{GENERATE("--rdma.lane=auto", "--rdma.local-ring-size=0")};
  auto is_write = GENERATE(true, false);
  CAPTURE(options, is_write);
  yama rule;
  auto alice = rule.start("alice", options);
  auto bob = rule.start("bob", options);
  auto move = [&](const std::string& size) {
    return is_write ? lane_of_write(*alice, *bob, size)
                    : lane_of_read(*bob, *alice, size);
  };
  CHECK(move("3000000") == "local");
  CHECK(lane_of_write(*bob, *alice, "3000000") == "local");
  CHECK(bob->must("link") == "alice local");
  CHECK(alice->must("link") == "bob local");
  // Alice lets in the third, and by that locks out Bob.
  auto carol = rule.start("carol", options);
  CHECK(lane_of_write(*alice, *carol, "3000000") == "local");
  CHECK(alice->must("link") == "carol local");
  // The operation that finds out is saved.
  move("16384x4000");
  CHECK(bob->must("link") == "alice ucx");
  CHECK(alice->must("link") == "bob ucx");
  for (auto* size : {"1", "16384", "3000000", "40000000", "500x60000"}) {
    CHECK(move(size) == "ucx");
    CHECK(lane_of_write(*bob, *alice, size) == "ucx");
  }
  CHECK(lane_of_write(*alice, *carol, "3000000") == "local");
  CHECK(lane_of_write(*carol, *alice, "3000000") == "local");
}

TEST_CASE("what is being read goes on by UCX when the right to read goes") {
  auto is_write = GENERATE(true, false);
  strings more{GENERATE("--rdma.window=4", "--rdma.local-ring-size=0")};
  auto size = GENERATE("200000000", "16384x8000");
  CAPTURE(is_write, more, size);
  strings options{"--rdma.lane=auto", "--rdma.local-piece-size=4096"};
  options.insert(options.end(), more.begin(), more.end());
  yama rule;
  auto alice = rule.start("alice", options);
  auto bob = rule.start("bob", options);
  auto carol = rule.start("carol", options);
  write_both_ways(*alice, *bob);
  pair_of_operations ops{is_write ? *alice : *bob, is_write ? *bob : *alice,
                         is_write};
  auto source_id = std::string{is_write ? "a" : "p"};
  auto target_id = std::string{is_write ? "p" : "a"};
  ops.begin(size);
  CHECK(lane_of_write(*alice, *carol, "100000") == "local");
  // Both may be through already, but not with all of the sizes.
  auto received = bob->ask("wait " + target_id);
  auto sent = alice->ask("wait " + source_id);
  CAPTURE(received, sent);
  CHECK(received.starts_with("ok COMPLETE"));
  CHECK(sent.starts_with("ok COMPLETE"));
  bob->must("check " + target_id + " 1");
  write_both_ways(*alice, *bob);
  write_both_ways(*alice, *carol);
}

TEST_CASE("a worker that insists on the local lane says that it has lost it") {
  yama rule;
  auto alice = rule.start("alice", {"--rdma.lane=auto"});
  auto bob = rule.start("bob", {"--rdma.lane=local"});
  auto carol = rule.start("carol", {"--rdma.lane=auto"});
  write_both_ways(*alice, *bob);
  write_both_ways(*alice, *carol);
  auto metadata = bob->must("writable w 3000000");
  alice->must("write a 5 3000000 " + metadata);
  auto answer = bob->ask("wait w");
  CAPTURE(answer);
  CHECK(code_of(answer) == "no_usable_lane");
  CHECK(answer.find("any more (rdma.lane)") != std::string::npos);
  CHECK(answer.find("may not read") != std::string::npos);
  CHECK(alice->ask("wait a").starts_with("error"));
}
