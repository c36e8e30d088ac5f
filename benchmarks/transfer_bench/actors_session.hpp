// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "session.hpp"

#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace transfer_bench {

/// CAF alone, in one process: the messages and the actor that a write needs on
/// the active side, without anything that they are for.
class actors_session : public session {
public:
  explicit actors_session(loop_mode mode);

  samples run(const work& x) override;

private:
  caf::actor_system_config config_;
  caf::actor_system system_;
  rdma::progress_loop loop_;
};

} // namespace transfer_bench
