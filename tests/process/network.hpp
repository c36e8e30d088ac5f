// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/process/worker_process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rdma_test {

/// How bad a wire is. A rate of zero means an ordinary veth pair.
struct wire_quality {
  double delay_ms = 0;
  double jitter_ms = 0;
  double loss_percent = 0;
  double mbit_per_s = 0;
};

/// Two network namespaces, joined by a wire. Needs root. The namespaces go away
/// with the object.
class network {
public:
  /// Skips the test, and says why, where this machine does not permit it.
  explicit network(const wire_quality& quality = {});

  /// Starts a worker on the left (0) or the right (1).
  std::unique_ptr<worker_process> start(int side,
                                        std::vector<std::string> arguments);

  /// Takes the left end of the wire down or up.
  void set(const std::string& state);

  /// Makes the other side a host that never answers, for what the given side
  /// sends from now on.
  void silence(int side);

private:
  // Goes away with the object, also if a constructor or a test fails.
  struct name_space {
    ~name_space();

    std::string name;
  };

  name_space sides_[2];
  std::unique_ptr<worker_process> relay_;
};

} // namespace rdma_test
