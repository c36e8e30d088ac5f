// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "line_channel.hpp"
#include "types.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/scoped_actor.hpp>

namespace transfer_bench {

/// Full cycles as `cycle_client` and `cycle_server` run them, but in threads of
/// their own that block.
samples run_scoped_cycles(caf::scoped_actor& self,
                          const rdma::connector_actor& connector, const work& x,
                          line_channel& peer);

void serve_scoped_cycles(caf::scoped_actor& self,
                         const rdma::connector_actor& connector, const work& x,
                         line_channel& peer);

} // namespace transfer_bench
