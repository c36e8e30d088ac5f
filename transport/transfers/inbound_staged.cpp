// SPDX-License-Identifier: BSD-3-Clause

// How bytes get into a GPU's memory: through host memory of ours.

#include "caf_rdma/transport/transfers/inbound.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rdma {

bool inbound::needs_staging(const entry& x, const held_chunk& chunk) {
  auto& header = chunk.header;
  return x.grant.target.on_device()
         && (header.checksum
             || !chunk.via->writes_device(x.grant.target, header.offset,
                                          header.length));
}

// The chunks that are fetched in place are large: parts of them can be copied
// while others are fetched. A checksum, or a source that wants its room back,
// is for the whole.
void inbound::hold_parts(entry& x, held_chunk chunk) {
  auto& key = x.grant.key;
  auto prio = chunk.header.priority;
  if (!needs_staging(x, chunk)) {
    held_.push(key, prio, chunk);
    return;
  }
  auto whole = chunk.header.checksum || chunk.header.passing;
  while (!whole && chunk.what.length > options_.chunk_size) {
    auto part = chunk;
    part.what = chunk.via->split(chunk.what, options_.chunk_size);
    part.header.length = static_cast<uint32_t>(part.what.length);
    held_for_room_.push(key, prio, part);
    chunk.header.offset += part.what.length;
    chunk.header.length -= part.header.length;
  }
  if (chunk.header.length > 0)
    held_for_room_.push(key, prio, chunk);
}

void inbound::keep(entry& x, const offer& header,
                   std::shared_ptr<std::vector<std::byte>> bytes) {
  announce(x);
  descriptor all{bytes->data(), bytes->size(), cpu, bytes};
  if (header.checksum
      && *header.checksum != checksum(block_list{{all}}, 0, all.size())) {
    fail_integrity(x, header.offset);
    return;
  }
  ++x.copying;
  kept_bytes_ += all.size();
  kept_.push_back({x.grant.secret, header.offset, std::move(all)});
  runnable_ = true;
}

void inbound::copy_arrived() {
  if (staging_->progress() > 0)
    runnable_ = true;
  while (!kept_.empty() && make_room(kept_.front())) {
    kept_bytes_ -= kept_.front().bytes.size();
    arrived_.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  for (auto& x : std::exchange(arrived_, {}))
    start_copy(std::move(x));
}

bool inbound::make_room(arrival& x) {
  if (entries_.at(x.secret).over())
    return true;
  if (!staging_->has_room(x.bytes.size()))
    return false;
  auto room = staging_->acquire(x.bytes.size());
  if (!room) {
    fail(entries_.at(x.secret), room.error());
    return true;
  }
  std::memcpy(room->data(), x.bytes.data(), x.bytes.size());
  x.bytes = std::move(*room);
  return true;
}

void inbound::start_copy(arrival x) {
  auto secret = x.secret;
  auto& entry = entries_.at(secret);
  if (entry.over()) {
    copy_ended(secret);
    return;
  }
  auto done = [this, secret,
               length = x.bytes.size()](const caf::error& reason) {
    auto& entry = entries_.at(secret);
    if (reason != caf::none)
      fail(entry, reason);
    else
      landed(entry, length);
    copy_ended(secret);
  };
  staging_->copy(entry.grant.target, x.offset, x.bytes, done);
}

void inbound::copy_ended(const token& secret) {
  runnable_ = true; // there is room
  auto i = entries_.find(secret);
  if (i == entries_.end())
    return; // complete
  auto& x = i->second;
  --x.copying;
  ask_anew(x);
  held_for_room_.wake(x.grant.key.link, false);
  if (x.released != nullptr && !x.busy())
    finish(secret);
}

} // namespace rdma
