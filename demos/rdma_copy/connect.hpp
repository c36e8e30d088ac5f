// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"
#include "protocol.hpp"

#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>

namespace rdma_copy {

/// Finds the server. CAF cannot break off an attempt to connect, so if nobody
/// answers in time this prints an error and ends the program.
caf::expected<server_actor> connect(caf::scoped_actor& self,
                                    const options& opts);

} // namespace rdma_copy
