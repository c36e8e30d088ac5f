// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "trace.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace kv_cluster {

/// Which block lies in which slot of a pool. Blocks that nobody has pinned make
/// room for others, the longest unused one first.
class block_cache {
public:
  /// Where a block belongs.
  struct place {
    size_t slot;
    /// The block is there already.
    bool hit;
  };

  explicit block_cache(size_t slots);

  /// Pins all blocks, those that are not there in slots of their own. Returns
  /// nothing, and changes nothing, if so many slots are not to be had.
  std::optional<std::vector<place>> pin(const std::vector<block_id>& ids);

  /// Undoes a `pin`. If `valid` is false the blocks that were no hits have
  /// never been filled: they are forgotten.
  void unpin(const std::vector<block_id>& ids, const std::vector<place>& places,
             bool valid);

  bool contains(block_id id) const {
    return blocks_.contains(id);
  }

  size_t size() const noexcept {
    return blocks_.size();
  }

private:
  struct entry {
    size_t slot;
    size_t pins = 0;
    std::list<block_id>::iterator turn; // if not pinned
  };

  size_t take_slot();

  std::vector<size_t> free_;
  std::list<block_id> unpinned_; // the longest unused one first
  std::unordered_map<block_id, entry> blocks_;
};

} // namespace kv_cluster
