// SPDX-License-Identifier: BSD-3-Clause

#include "block_cache.hpp"

#include <algorithm>

namespace kv_cluster {

block_cache::block_cache(size_t slots) {
  while (slots > 0)
    free_.push_back(--slots);
}

std::optional<std::vector<block_cache::place>>
block_cache::pin(const std::vector<block_id>& ids) {
  size_t missing = 0;
  size_t kept = 0; // unpinned ones that are wanted
  for (auto id : ids) {
    auto i = blocks_.find(id);
    if (i == blocks_.end())
      ++missing;
    else if (i->second.pins == 0)
      ++kept;
  }
  if (missing > free_.size() + unpinned_.size() - kept)
    return std::nullopt;
  for (auto id : ids) // first, so that none of them makes room
    if (auto i = blocks_.find(id); i != blocks_.end())
      if (i->second.pins++ == 0)
        unpinned_.erase(i->second.turn);
  std::vector<place> result;
  for (auto id : ids) {
    auto i = blocks_.find(id);
    auto hit = i != blocks_.end();
    if (!hit)
      i = blocks_.emplace(id, entry{take_slot(), 1, {}}).first;
    result.push_back({i->second.slot, hit});
  }
  return result;
}

void block_cache::unpin(const std::vector<block_id>& ids,
                        const std::vector<place>& places, bool valid) {
  for (size_t n = 0; n < ids.size(); ++n) {
    auto i = blocks_.find(ids[n]);
    if (i == blocks_.end() || --i->second.pins > 0)
      continue;
    if (valid || places[n].hit) {
      i->second.turn = unpinned_.insert(unpinned_.end(), ids[n]);
    } else {
      free_.push_back(i->second.slot);
      blocks_.erase(i);
    }
  }
}

size_t block_cache::take_slot() {
  if (free_.empty()) {
    auto i = blocks_.find(unpinned_.front());
    unpinned_.pop_front();
    free_.push_back(i->second.slot);
    blocks_.erase(i);
  }
  auto result = free_.back();
  free_.pop_back();
  return result;
}

} // namespace kv_cluster
