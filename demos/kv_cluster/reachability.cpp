// SPDX-License-Identifier: BSD-3-Clause

#include "reachability.hpp"

#include <algorithm>

namespace kv_cluster {

void reachability::note(const link_report& x, time_point now) {
  pair key{std::minmax(x.from, x.to)};
  if (x.up)
    lost_.erase(key);
  else
    lost_[key] = now;
}

void reachability::forget(const std::string& node) {
  std::erase_if(lost_, [&node](const auto& x) {
    return x.first.first == node || x.first.second == node;
  });
}

bool reachability::permits(const std::string& x, const std::string& y,
                           time_point now) const {
  auto i = lost_.find(pair{std::minmax(x, y)});
  return i == lost_.end() || now - i->second >= penalty;
}

size_t reachability::broken(time_point now) const {
  return static_cast<size_t>(
    std::count_if(lost_.begin(), lost_.end(),
                  [now](auto& x) { return now - x.second < penalty; }));
}

} // namespace kv_cluster
