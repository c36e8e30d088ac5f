// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/process/worker_process.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma_soak {

using clock = std::chrono::steady_clock;

/// The worker processes of a soak: they are killed, stopped and started anew.
class cluster {
public:
  cluster(size_t size, std::vector<std::string> arguments);

  size_t size() const noexcept {
    return slots_.size();
  }

  /// Life of the worker in that slot; 1 for the first.
  uint64_t life(size_t slot) const {
    return slots_[slot].life;
  }

  /// False while the process is stopped: it would not answer.
  bool runs(size_t slot) const {
    return slots_[slot].resume == clock::time_point{};
  }

  /// Sends a line and returns the answer.
  std::string ask(size_t slot, const std::string& line) {
    return slots_[slot].process->ask(line);
  }

  /// Kills the process and starts another under the same name.
  void restart(size_t slot);

  void stop(size_t slot, clock::duration how_long);

  /// Resumes the processes that have been stopped for long enough.
  void resume_due();

  /// Resumes all.
  void resume_all();

private:
  struct slot {
    std::unique_ptr<rdma_test::worker_process> process;
    uint64_t life = 0;
    clock::time_point resume; // while stopped
  };

  void start(size_t slot);

  void resume(slot& x);

  std::vector<std::string> arguments_;
  std::vector<slot> slots_;
};

} // namespace rdma_soak
