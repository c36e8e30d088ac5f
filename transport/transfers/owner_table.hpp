// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/contract/transport.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>

namespace rdma {

/// Knows who is concerned by the peer's frames about a transfer. Ended
/// transfers leave an epitaph, so that late frames get a true answer; the
/// oldest epitaphs are forgotten.
class owner_table {
public:
  /// Epitaphs to remember.
  static constexpr size_t max_epitaphs = 4096;

  void add(const transfer_key& key, transfer_owner owner);

  /// Ends a route. Without a route there is nothing to remember.
  void retire(const transfer_key& key, transfer_ended epitaph);

  /// Returns nullptr if the transfer is unknown or over.
  const transfer_owner* find(const transfer_key& key) const;

  /// Returns nullptr if the transfer is unknown or not over.
  const transfer_ended* epitaph(const transfer_key& key) const;

  /// Number of transfers under way.
  size_t size() const noexcept {
    return routes_.size();
  }

private:
  std::unordered_map<transfer_key, transfer_owner> routes_;
  std::unordered_map<transfer_key, transfer_ended> epitaphs_;
  std::deque<transfer_key> oldest_;
};

} // namespace rdma
