// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "member.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace kv_cluster {

/// Which nodes have lost each other, going by what their links have told.
class reachability {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Links are made again only when somebody needs them. So after this time
  /// somebody may try.
  static constexpr auto penalty = std::chrono::seconds{3};

  void note(const link_report& x, time_point now);

  /// Forgets what was said about a node that has gone.
  void forget(const std::string& node);

  /// Returns whether bytes are likely to get from one node to the other.
  bool permits(const std::string& x, const std::string& y,
               time_point now) const;

  /// Pairs that are not permitted.
  size_t broken(time_point now) const;

private:
  using pair = std::pair<std::string, std::string>; // the lesser first

  std::map<pair, time_point> lost_;
};

} // namespace kv_cluster
