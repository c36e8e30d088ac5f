// SPDX-License-Identifier: BSD-3-Clause

// How chunks of a GPU's memory leave: through host memory of ours, which is
// given back when the lane, or the peer that reads it in place, is through. The
// transfer's own memory is free as soon as the copies have been made.

#include "caf_rdma/transport/memory/checksum.hpp"
#include "caf_rdma/transport/transfers/outbound.hpp"
#include "caf_rdma/transport/transfers/staged_chunk.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace rdma {

bool outbound::needs_staging(const transfer& x) const {
  if (!x.data.on_device())
    return false;
  auto length = std::min<uint64_t>(x.chunk_size, x.data.size() - x.next);
  return x.src.verify || x.via() == nullptr
         || !x.via()->reads_device(x.data, x.next, length);
}

void outbound::stage_next(transfer& x) {
  auto length = std::min<uint64_t>(x.chunk_size, x.data.size() - x.next);
  auto room = staging_->acquire(length);
  if (!room) {
    fail(x, room.error());
    return;
  }
  auto header = take_next(x);
  auto& key = x.src.key;
  auto i = staged_.try_emplace({key, header.offset}, *this, key, header, *room)
             .first;
  ++x.borrowed;
  credit_.posted(key.link, length);
  staging_->copy(x.data, header.offset, *room,
                 [this, i](const caf::error& reason) { staged(i, reason); });
}

void outbound::staged(staged_map::iterator i, const caf::error& reason) {
  auto& x = transfers_.at(i->second.key); // it waits for its copies
  --x.borrowed;
  if (reason != caf::none)
    fail(x, reason);
  if (x.via() == nullptr || x.stopped || x.restarting || x.released != nullptr)
    unstage(i);
  else
    post_staged(x, i->second);
}

// The lane may be through with the chunk within `post`.
void outbound::post_staged(transfer& x, staged_chunk& y) {
  auto& header = y.header;
  if (!x.anew)
    y.exposed = x.via()->expose(y.data);
  if (y.exposed) {
    header.cell = y.exposed.cell();
    header.seal = y.exposed.seal();
    header.block = y.exposed.only_block();
    header.passing = true;
  }
  if (x.src.verify)
    header.checksum = checksum(y.data, 0, header.length);
  count_offered(x, header.length);
  ucx::request_observer* observer = &y;
  if (y.exposed)
    observer = &deaf_;
  x.via()->post(chunk{y.key, header, y.data, 0, x.data}, *observer, *observer);
}

void outbound::fetched(const transfer_key& key, uint64_t offset) {
  auto i = staged_.find({key, offset});
  if (i != staged_.end() && i->second.exposed)
    unstage(i);
}

void outbound::unstage(staged_map::iterator i) {
  auto key = i->second.key;
  auto length = i->second.header.length;
  staged_.erase(i);
  return_credit(key.link, length);
  count_left(key, length);
}

void outbound::unstage_exposed(const transfer_key& key) {
  for (auto i = staged_.lower_bound({key, 0});
       i != staged_.end() && i->first.first == key;) {
    auto next = std::next(i);
    if (i->second.exposed)
      unstage(i);
    i = next;
  }
}

void outbound::fail(transfer& x, const caf::error& reason) {
  if (x.stopped || x.via() == nullptr || x.released != nullptr)
    return;
  x.stopped = true;
  caf::anon_send(x.src.owner, transfer_failed{reason, false, x.src.key});
}

} // namespace rdma
