// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/grant_table.hpp"

#include <algorithm>
#include <utility>

namespace rdma {

namespace {

bool names(const std::vector<std::string>& workers, const std::string& peer) {
  return workers.empty() || std::ranges::find(workers, peer) != workers.end();
}

bool allows(const standing_grant& x, const claim& wanted,
            const std::string& peer) {
  return names(x.terms.workers, peer)
         && (wanted.blocks.empty() || x.terms.blocks)
         && (!wanted.notification || x.terms.notifications);
}

} // namespace

// -- grants ------------------------------------------------------------------

void grant_table::install(standing_grant x) {
  entry y;
  x.memory.for_each(0, x.memory.size(), [&y](std::span<std::byte> block) {
    y.sizes.push_back(block.size());
  });
  auto secret = x.secret;
  y.what = std::move(x);
  grants_.insert_or_assign(secret, std::move(y));
}

// -- claims ------------------------------------------------------------------

errc grant_table::begin(open_claim& x, const std::string& peer) {
  auto& [what, sizes, used, open, open_blocks] = grants_.at(x.said->secret);
  if (!allows(what, *x.said, peer))
    return errc::not_granted;
  if (what.writable == x.said->reads())
    return errc::kind_mismatch;
  if (x.said->blocks.empty() && x.said->total != what.memory.size())
    return errc::size_mismatch;
  if (what.terms.claims != any_number_of_claims
      && used + open >= what.terms.claims)
    return errc::already_claimed;
  auto runs = x.said->blocks.size() + x.said->more_blocks;
  if (open >= max_claims || open_blocks + runs > max_blocks)
    return errc::limit_reached;
  ++open;
  x.blocks = runs;
  open_blocks += runs;
  if (runs > 0) {
    x.memory.emplace(what.memory);
    x.memory->reserve(std::min(runs, max_selected_runs));
  }
  return errc::none;
}

caf::error grant_table::add(open_claim& x, std::span<const block_run> blocks) {
  if (blocks.empty())
    return {};
  auto& y = grants_.at(x.said->secret);
  if (auto err = check(blocks, y.sizes, x.named); err != caf::none)
    return err;
  // What was announced counts from the beginning, a run at least as a block.
  auto known = std::max(x.blocks, x.named.blocks + x.said->more_blocks);
  y.open_blocks += known - x.blocks;
  x.blocks = known;
  if (y.open_blocks > max_blocks)
    return make_error(errc::limit_reached,
                      "too many blocks at once for one grant");
  x.memory->select(blocks);
  return {};
}

caf::expected<block_list> grant_table::memory_of(open_claim& x) {
  auto& y = grants_.at(x.said->secret);
  if (x.said->blocks.empty())
    return y.what.memory;
  if (x.named.bytes != x.said->total)
    return make_error(errc::size_mismatch,
                      "blocks of " + std::to_string(x.named.bytes)
                        + " B in a claim for " + std::to_string(x.said->total)
                        + " B");
  return x.memory->build();
}

void grant_table::end(const open_claim& x, bool used) {
  auto i = grants_.find(x.said->secret);
  if (i == grants_.end())
    return;
  --i->second.open;
  i->second.open_blocks -= x.blocks;
  i->second.used += used ? 1 : 0;
}

} // namespace rdma
