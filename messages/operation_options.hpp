// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/type_ids.hpp"

#include <caf/timespan.hpp>

namespace rdma {

/// What a caller may ask of one operation.
struct operation_options {
  /// Time from now until the operation ends with `deadline_exceeded`. Zero
  /// means the default of the connector; `caf::infinite` means no deadline.
  caf::timespan deadline{0};

  friend bool operator==(const operation_options&, const operation_options&)
    = default;
};

template <class Inspector>
bool inspect(Inspector& f, operation_options& x) {
  return f.object(x).fields(f.field("deadline", x.deadline));
}

} // namespace rdma
