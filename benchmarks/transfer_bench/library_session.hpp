// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "library_node.hpp"
#include "session.hpp"

#include <vector>

namespace transfer_bench {

/// The library in both processes.
class library_session : public session {
public:
  library_session(const subject& x, peer_process& other);

  ~library_session() override;

  samples run(const work& x) override;

  /// Lets the peer create passive operations.
  std::vector<rdma::metadata> create(const work& x);

  /// Lets the peer grant all of its memory.
  rdma::metadata grant(const work& x);

  /// This process's side.
  library_node& node() noexcept {
    return node_;
  }

private:
  samples run_transfers(const work& x);

  samples run_granted(const work& x);

  samples run_cycles(const work& x);

  samples run_idle(const work& x);

  subject what_;
  peer_process& other_;
  library_node node_;
};

} // namespace transfer_bench
