// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "control_node.hpp"
#include "session.hpp"

#include <memory>

namespace transfer_bench {

/// A control with a side in each process.
class control_session : public session {
public:
  control_session(const subject& x, peer_process& other);

  ~control_session() override;

  samples run(const work& x) override;

private:
  peer_process& other_;
  std::unique_ptr<control_node> node_;
};

} // namespace transfer_bench
