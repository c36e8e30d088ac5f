// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/tests/fuzz/check.hpp"

#include <caf/expected.hpp>

namespace rdma::fuzz {

/// What was accepted is in range and survives every form; what was refused has
/// one of the documented codes.
inline void check_outcome(const caf::expected<metadata>& x) {
  if (!x) {
    auto code = code_of(x.error());
    require(code == errc::malformed_metadata
              || code == errc::unsupported_version,
            "metadata is refused with a documented code");
    require(!reason_of(x.error()).empty(), "a refusal says why");
    return;
  }
  require(check(*x) == caf::none, "accepted metadata is within its ranges");
  require(metadata_from_bytes(to_bytes(*x)) == x, "bytes round-trip");
  require(metadata_from_text(to_text(*x)) == x, "text round-trips");
  require(metadata_from_json(to_json(*x)) == x, "JSON round-trips");
  require(!to_string(*x).empty(), "metadata can be shown");
}

} // namespace rdma::fuzz
