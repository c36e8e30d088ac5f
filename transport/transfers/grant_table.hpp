// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace rdma {

/// A claim on a standing grant.
struct open_claim {
  std::shared_ptr<claim> said;
  uint64_t blocks = 0;      // that count against the grant's limit
  selection_sum named = {}; // so far
  std::optional<block_list::builder> memory = {}; // of these
};

/// The grants that serve more than one plain transfer. Decides which claims
/// they serve, and counts them.
class grant_table {
public:
  // -- constants -------------------------------------------------------------

  /// Claims of one grant at the same time.
  static constexpr uint64_t max_claims = 65536;

  /// Blocks that the claims of one grant may name at the same time.
  static constexpr uint64_t max_blocks = 4 * max_selected_blocks;

  // -- grants ----------------------------------------------------------------

  void install(standing_grant x);

  bool contains(const token& secret) const {
    return grants_.contains(secret);
  }

  void erase(const token& secret) {
    grants_.erase(secret);
  }

  const standing_grant& get(const token& secret) const {
    return grants_.at(secret).what;
  }

  // -- claims ----------------------------------------------------------------

  /// Counts a claim on a grant that is there if it may be served, as far as can
  /// be said before all of its blocks are known. Otherwise returns why not.
  errc begin(open_claim& x, const std::string& peer);

  /// Adds blocks that a claim that has begun names; an error if they are not in
  /// the grant.
  caf::error add(open_claim& x, std::span<const block_run> blocks);

  /// Returns the memory that a claim that has begun is for, once all of its
  /// blocks have been added.
  caf::expected<block_list> memory_of(open_claim& x);

  /// Counts the end of a claim. One that is not used up can be made again.
  void end(const open_claim& x, bool used);

private:
  struct entry {
    standing_grant what;
    std::vector<uint64_t> sizes; // of the descriptors
    uint64_t used = 0;           // by claims that are COMPLETE
    uint64_t open = 0;           // claims that have not ended
    uint64_t open_blocks = 0;    // that these have named or announced
  };

  std::unordered_map<token, entry> grants_;
};

} // namespace rdma
