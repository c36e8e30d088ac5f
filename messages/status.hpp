// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/detail/inspect_enum.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rdma {

/// Where an operation stands in its life. The last three are final: once one of
/// them is reported, nothing writes the operation's memory any more.
enum class status : uint8_t {
  uninitialized,
  initialized,
  in_progress,
  complete,
  cancelled,
  errored,
};

/// Returns the name in capital letters, e.g., "IN_PROGRESS".
std::string to_string(status x);

bool from_string(std::string_view str, status& x);

bool from_integer(uint8_t value, status& x);

template <class Inspector>
bool inspect(Inspector& f, status& x) {
  return detail::inspect_enum(f, x);
}

constexpr bool is_final(status x) noexcept {
  return x >= status::complete;
}

/// What an operation says about itself.
struct report {
  rdma::status status = rdma::status::uninitialized;
  /// Bytes in place at the destination. A source that is still in progress
  /// counts what has left it, which proves nothing yet.
  uint64_t bytes = 0;
  /// Bytes of the whole operation.
  uint64_t total = 0;
  /// How the bytes travel, e.g., "ucx"; empty while no peer is known.
  std::string lane;
  /// Id of the other worker; empty while no peer is known.
  std::string peer;
  /// Why the operation is CANCELLED or ERRORED. With COMPLETE: why the event of
  /// `device_sync` could not be recorded, although every byte is in place.
  /// Otherwise none.
  caf::error reason;
};

bool operator==(const report& x, const report& y);

std::string to_string(const report& x);

template <class Inspector>
bool inspect(Inspector& f, report& x) {
  return f.object(x).fields(f.field("status", x.status),
                            f.field("bytes", x.bytes),
                            f.field("total", x.total), f.field("lane", x.lane),
                            f.field("peer", x.peer),
                            f.field("reason", x.reason));
}

} // namespace rdma
