// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/selection.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace rdma {

/// What a passive operation tells its listener of each claim that has ended.
struct claim_report {
  /// ID of the worker that has made the claim.
  std::string peer;
  rdma::status status = rdma::status::errored;
  /// Why the claim is CANCELLED or ERRORED; otherwise none.
  caf::error reason;
  /// Bytes in place at the destination.
  uint64_t bytes = 0;
  /// Parts of the memory that it was for; all of it if empty.
  selection blocks;
  /// Of a claim that is COMPLETE, if the peer has sent one: any bytes.
  std::optional<std::string> notification;
};

template <class Inspector>
bool inspect(Inspector& f, claim_report& x) {
  return f.object(x).fields(
    f.field("peer", x.peer), f.field("status", x.status),
    f.field("reason", x.reason), f.field("bytes", x.bytes),
    f.field("blocks", x.blocks), f.field("notification", x.notification));
}

} // namespace rdma
