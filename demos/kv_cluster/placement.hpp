// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "trace.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace kv_cluster {

/// Decides which node of one role gets a request: of those that have room for
/// its blocks, the one that holds the longest prefix of them, unless it has
/// more to do than that saves: a request that a node has counts as much as all
/// blocks of this one. So whoever comes late takes load although all requests
/// begin with the same prompt, which others have.
class placement {
public:
  /// Says whether a node is to be considered.
  using filter = std::function<bool(const std::string&)>;

  /// No node gets more requests at a time.
  explicit placement(size_t max_load) : max_load_(max_load) {
    // nop
  }

  /// Adds a node with room for so many blocks.
  void add(const std::string& name, size_t slots);

  void remove(const std::string& name);

  bool empty() const noexcept {
    return nodes_.empty();
  }

  /// Requests that each node has at the moment.
  std::map<std::string, size_t> loads() const;

  /// Gives the request to a node. Returns nothing if all have enough to do. A
  /// node with nothing to do is asked even if it has too little room, so that
  /// somebody says so.
  std::optional<std::string> choose(const std::vector<block_id>& ids,
                                    const filter& permits = nullptr);

  /// The node is through with a request. If `holds` it has these blocks now, as
  /// far as we know: it may forget some without telling us.
  void done(const std::string& name, const std::vector<block_id>& ids,
            bool holds);

private:
  struct node {
    size_t slots;
    size_t load = 0;
    size_t busy_slots = 0;
    std::unordered_set<block_id> blocks;

    size_t prefix(const std::vector<block_id>& ids) const;

    bool has_room(size_t wanted) const noexcept {
      return load == 0 || busy_slots + wanted <= slots;
    }
  };

  size_t max_load_;
  std::map<std::string, node> nodes_;
};

} // namespace kv_cluster
