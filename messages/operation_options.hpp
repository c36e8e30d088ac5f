// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/device_sync.hpp"
#include "caf_rdma/messages/grant.hpp"
#include "caf_rdma/messages/priority.hpp"
#include "caf_rdma/messages/selection.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/actor.hpp>
#include <caf/timespan.hpp>

#include <optional>
#include <string>

namespace rdma {

/// What a caller may ask of one operation. Stays in the process.
struct operation_options {
  /// Time from now until the operation ends with `deadline_exceeded`: the lease
  /// of a grant. Zero means the default of the connector; `caf::infinite` means
  /// no deadline. For a prepared operation it counts from each start.
  caf::timespan deadline{0};

  /// What to wait for before the memory is touched, and whom to tell after. A
  /// prepared operation waits at each start. A passive operation waits before
  /// it gives out its metadata.
  device_sync sync = {};

  // -- of passive operations -------------------------------------------------

  /// What peers may do with the memory.
  rdma::grant grant = {};

  /// Receives a `claim_report` for each claim that has ended. None: nobody
  /// does, and peers cannot send notifications.
  caf::actor listener = {};

  // -- of active operations --------------------------------------------------

  /// The parts to move; all of the memory if empty.
  block_map blocks = {};

  /// For the listener of the passive operation, up to 4 KiB of any bytes; it
  /// gets them once, after the transfer's are in place.
  std::optional<std::string> notification = {};

  /// Check the CRC32C of every chunk. The grant may ask for it, too.
  bool verify = false;

  /// Both sides move this operation's bytes before those of lower priorities.
  rdma::priority priority = rdma::priority::normal;

  friend bool operator==(const operation_options&, const operation_options&)
    = default;
};

} // namespace rdma
