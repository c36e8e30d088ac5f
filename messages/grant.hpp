// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rdma {

/// Number of claims of a grant that serves peers until it ends.
inline constexpr uint64_t any_number_of_claims = 0;

/// Worker IDs that a grant may name.
inline constexpr size_t max_granted_workers = 1024;

/// Largest notification in bytes.
inline constexpr size_t max_notification_size = 4096;

/// What peers may do with the memory of a passive operation. The owner checks
/// every claim and every chunk against it.
struct grant {
  /// How many transfers it serves; those that fail do not count. The operation
  /// is COMPLETE once so many are.
  uint64_t claims = 1;
  /// Peers may name parts of the memory; otherwise each claim is for all of it.
  bool blocks = false;
  /// Peers may send a notification with a claim. Set where the operation has a
  /// listener.
  bool notifications = false;
  /// Every chunk carries its CRC32C, which is checked before either side is
  /// told COMPLETE.
  bool verify = false;
  /// Workers that may use it, by their IDs, which are what peers say they are;
  /// all if empty.
  std::vector<std::string> workers;
  /// How long the grant was to stand when its metadata was made; the owner may
  /// have ended or renewed it since. Zero: until it is cancelled.
  caf::timespan lease{0};

  friend bool operator==(const grant&, const grant&) = default;

  /// True if it serves more than one plain transfer.
  bool standing() const {
    auto plain = grant{};
    plain.lease = lease;
    return *this != plain;
  }
};

/// Checks the names of the workers. Errors have the given code.
caf::error check(const grant& x, errc code);

} // namespace rdma
