// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/lane.hpp"
#include "caf_rdma/tests/process/worker_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

using strings = std::vector<std::string>;

using worker_ptr = std::unique_ptr<worker_process>;

/// Options of a worker whose transfers take their time.
inline const strings slow{"--rdma.chunk-size=4096", "--rdma.window=1",
                          "--rdma.local-piece-size=4096"};

inline worker_ptr start(const std::string& id, strings options = {}) {
  options.push_back("--rdma.worker-id=" + id);
  return std::make_unique<worker_process>(std::move(options));
}

/// Moves bytes, so that the two are linked, and checks them.
inline void write(worker_process& from, worker_process& to) {
  auto metadata = to.must("writable link 3000000");
  from.must("write link 7 3000000 " + metadata);
  auto answer = from.must("wait link");
  CHECK(answer.starts_with("COMPLETE"));
  to.must("wait link");
  to.must("check link 7");
}

inline void write_both_ways(worker_process& x, worker_process& y) {
  write(x, y);
  write(y, x);
}

/// Tries until the two are linked: what is left of earlier attempts may still
/// be on its way.
inline void link(worker_process& from, worker_process& to) {
  auto end = std::chrono::steady_clock::now() + patience;
  for (std::string answer; !answer.starts_with("ok");) {
    CAPTURE(answer);
    REQUIRE(std::chrono::steady_clock::now() < end);
    auto metadata = to.must("writable first 3000000");
    from.must("write first 7 3000000 " + metadata);
    answer = from.ask("wait first");
  }
  to.must("wait first");
  to.must("check first 7");
}

/// Waits until bytes have moved. Returns false if the operation is over.
inline bool try_until_in_progress(worker_process& x, const std::string& id) {
  auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto status = x.must("status " + id);
    if (status.starts_with("IN_PROGRESS")
        && !status.starts_with("IN_PROGRESS 0 "))
      return true;
    if (!status.starts_with("IN_PROGRESS")
        && !status.starts_with("INITIALIZED")) {
      UNSCOPED_INFO("status of " << id << ": " << status);
      return false;
    }
    REQUIRE(std::chrono::steady_clock::now() < end);
  }
}

/// Waits until bytes have moved, of an operation that is not over.
inline void until_in_progress(worker_process& x, const std::string& id) {
  CAPTURE(id);
  REQUIRE(try_until_in_progress(x, id));
}

/// Begins transfers with `begin` until it has stopped `source` in the middle of
/// one: a busy machine may finish one before it is seen to move.
template <class Begin>
void stop_in_mid_transfer(Begin begin, worker_process& source,
                          worker_process& target, const std::string& id) {
  for (int attempts = 20; attempts > 0; --attempts) {
    begin();
    if (!try_until_in_progress(target, id))
      continue;
    source.signal(SIGSTOP);
    if (target.must("status " + id).starts_with("IN_PROGRESS"))
      return;
    source.signal(SIGCONT);
  }
  FAIL("no transfer of " << id << " was caught in the middle");
}

/// An operation between two workers: `active` moves its "a", `passive` its "p".
/// The source's pattern has the seed 1.
struct pair_of_operations {
  worker_process& active;
  worker_process& passive;
  bool write;

  std::string begin(const std::string& size) {
    auto metadata
      = passive.must((write ? "writable p " : "readable p 1 ") + size);
    active.must((write ? "write a 1 " : "read a ") + size + " " + metadata);
    return metadata;
  }
};

/// The error code of an answer; "ok" if there is none.
inline std::string code_of(const std::string& answer) {
  auto words = answer.substr(answer.starts_with("error ") ? 6 : 0);
  return words.substr(0, words.find(' '));
}

/// True if that is what a side says whose peer was lost in mid-transfer, for
/// the reason `code`. On the local lane a source has offered everything from
/// the start, so it cannot know.
inline bool tells_loss(const std::string& answer, bool of_source,
                       const std::string& code = "peer_lost") {
  return code_of(answer) == code
         || (lane() == "local" && of_source
             && code_of(answer) == "outcome_unknown");
}

} // namespace rdma_test
