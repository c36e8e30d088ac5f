// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "statistics.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace kv_cluster {

/// How it goes.
struct overview {
  const statistics& numbers;
  /// Requests of the trace.
  size_t total;
  /// Requests that no node has at the moment.
  size_t waiting;
  /// When the first request was there, and now, in seconds of the system's
  /// clock.
  double begin;
  double now;
  /// Requests that each node has.
  std::map<std::string, size_t> loads;
  /// Pairs of nodes that have lost each other.
  size_t broken_links;

  double seconds() const noexcept {
    return now - begin;
  }
};

} // namespace kv_cluster
