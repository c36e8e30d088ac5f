// SPDX-License-Identifier: BSD-3-Clause

#include "placement.hpp"

#include <algorithm>

namespace kv_cluster {

size_t placement::node::prefix(const std::vector<block_id>& ids) const {
  auto end = std::ranges::find_if_not(ids, [this](block_id id) {
    return blocks.contains(id);
  });
  return static_cast<size_t>(end - ids.begin());
}

// Whoever comes back has forgotten everything.
void placement::add(const std::string& name, size_t slots) {
  nodes_.insert_or_assign(name, node{slots, 0, 0, {}});
}

void placement::remove(const std::string& name) {
  nodes_.erase(name);
}

std::map<std::string, size_t> placement::loads() const {
  std::map<std::string, size_t> result;
  for (auto& [name, x] : nodes_)
    result.emplace(name, x.load);
  return result;
}

std::optional<std::string> placement::choose(const std::vector<block_id>& ids,
                                             const filter& permits) {
  auto best = nodes_.end();
  size_t longest = 0;
  size_t least = 0;
  for (auto i = nodes_.begin(); i != nodes_.end(); ++i) {
    auto& x = i->second;
    if (x.load >= max_load_ || !x.has_room(ids.size())
        || (permits && !permits(i->first)))
      continue;
    auto prefix = x.prefix(ids);
    auto cost = ids.size() - prefix + x.load * ids.size();
    if (best == nodes_.end() || cost < least
        || (cost == least && prefix > longest)) {
      best = i;
      longest = prefix;
      least = cost;
    }
  }
  if (best == nodes_.end())
    return std::nullopt;
  ++best->second.load;
  best->second.busy_slots += ids.size();
  return best->first;
}

void placement::done(const std::string& name, const std::vector<block_id>& ids,
                     bool holds) {
  auto i = nodes_.find(name);
  if (i == nodes_.end())
    return;
  auto& x = i->second;
  if (x.load > 0) { // it may have left and come back
    --x.load;
    x.busy_slots -= std::min(x.busy_slots, ids.size());
  }
  if (holds)
    x.blocks.insert(ids.begin(), ids.end());
}

} // namespace kv_cluster
