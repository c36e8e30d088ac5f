// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_driver.hpp"

#include <unistd.h>

#include <algorithm>

// What the peers of a table_driver do that are processes of this host.

namespace rdma::fuzz {

void table_driver::offer_in_place() {
  auto& from = any_link_up();
  auto& to = any_slot();
  auto total = to.claimed > 0 && !in_.rarely() ? to.claimed : to.total;
  uint32_t chunk_sizes[] = {4, 8, 16, 64};
  offer what;
  what.secret = secret_of(to);
  what.chunk_size = chunk_sizes[in_.below(4)];
  what.offset = uint64_t{what.chunk_size} * in_.below(6);
  what.total = total;
  what.length = static_cast<uint32_t>(
    std::min<uint64_t>(what.chunk_size, total - std::min(what.offset, total)));
  auto& memory = offered_.emplace_back();
  for (uint64_t i = 0; i < total; ++i)
    memory.bytes.push_back(pattern(i));
  if (memory.bytes.empty())
    return;
  auto half = memory.bytes.size() / 2;
  descriptor_list blocks{descriptor{std::span{memory.bytes}}};
  if (half > 0 && in_.rarely())
    blocks = {descriptor{std::span{memory.bytes}.first(half)},
              descriptor{std::span{memory.bytes}.subspan(half)}};
  memory.exposed = local::exposure{cells_, block_list{blocks}};
  what.cell = memory.exposed.cell();
  what.seal = memory.exposed.seal();
  what.block = memory.exposed.only_block();
  what.passing = what.block != 0 && in_.rarely();
  if (what.passing)
    what.block += what.offset;
  frame as_sent{from.id(), any_transfer(), what};
  auto x = decode_frame(to_bytes(as_sent));
  if (!x)
    return; // does not reach a table
  auto held = local_lane_.hold(getpid(), std::get<offer>(x->content));
  if (!table_.grants().hold(from, local_lane_, *x, held))
    local_lane_.drop(held);
}

void table_driver::break_seal() {
  if (offered_.empty())
    return;
  auto& memory = offered_[in_.below(offered_.size())];
  memory.exposed = {};
  std::ranges::fill(memory.bytes, stale);
}

} // namespace rdma::fuzz
