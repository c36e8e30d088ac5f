// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/lane.hpp"
#include "caf_rdma/tests/process/worker_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

using clock_type = std::chrono::steady_clock;

inline double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

/// What a worker uses up.
struct stats {
  explicit stats(worker_process& of) {
    std::istringstream in{of.must("stats")};
    in >> rss_kib >> fds >> actors >> cpu_ms >> sleeps;
  }

  long rss_kib = 0;
  long fds = 0;
  long actors = 0;
  long cpu_ms = 0;
  long sleeps = 0;
};

/// Many workers in one process.
class crowd : public worker_process {
public:
  explicit crowd(int size)
    : worker_process(command_line{
      {RDMA_TEST_CROWD, std::to_string(size), "--rdma.lane=" + lane(),
       "--caf.scheduler.max-threads=1", "--caf.scheduler.policy=sharing"}}) {
    // nop
  }

  void tell(int member, const std::string& line) {
    worker_process::tell(std::to_string(member) + " " + line);
  }

  std::string must(int member, const std::string& line) {
    return worker_process::must(std::to_string(member) + " " + line);
  }
};

/// Runs `n` short operations, one after another, and drops them.
inline void run_operations(worker_process& active, worker_process& passive,
                           int n) {
  // Lines of a batch must fit the pipes.
  constexpr int batch = 50;
  for (; n > 0; n -= batch) {
    for (int i = 0; i < batch; ++i)
      passive.tell("writable w" + std::to_string(i) + " 100");
    for (int i = 0; i < batch; ++i) {
      active.tell("write a 1 100 " + passive.hear().substr(3));
      active.tell("wait a");
      active.tell("drop a");
    }
    for (int i = 0; i < 3 * batch; ++i)
      if (auto answer = active.hear(); !answer.starts_with("ok"))
        FAIL(answer);
    for (int i = 0; i < batch; ++i) {
      passive.must("wait w" + std::to_string(i));
      passive.must("drop w" + std::to_string(i));
    }
  }
}

} // namespace rdma_test
