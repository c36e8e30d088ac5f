// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/outbound.hpp"

#include "caf_rdma/transport/checksum.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace rdma {

namespace {

// Times `max_chunks`: the largest transfer.
constexpr uint64_t max_raised_chunk_size = uint64_t{1} << 30;

// How much larger chunks are that are fetched in place: as nothing is sent but
// the offers, they are only what the destination counts as progress.
constexpr uint64_t exposed_factor = 64;

} // namespace

outbound::outbound(const transport_options& options)
  : options_(options), credit_(options) {
  // nop
}

void outbound::start(source src, link& via, bool known) {
  auto key = src.key;
  auto& x = transfers_[key];
  x.known = known;
  x.data = src.data;
  x.src = std::move(src);
  x.via = &via;
  x.exposed = via.expose(x.data);
  // A checksum is computed in one go.
  auto factor = x.src.verify ? 1 : exposed_factor;
  auto size = x.exposed
                ? std::min(options_.chunk_size * factor, max_raised_chunk_size)
                : std::min(options_.chunk_size, via.max_chunk_size());
  while (x.data.size() / size >= max_chunks)
    size *= 2;
  if (size > max_raised_chunk_size) {
    x.via = nullptr;
    caf::anon_send(
      x.src.owner,
      transfer_failed{make_error(errc::limit_reached,
                                 "a transfer must not exceed 1 PiB"),
                      false, key});
    return;
  }
  x.chunk_size = static_cast<uint32_t>(size);
  refill(x);
}

bool outbound::stop(const transfer_key& key) {
  auto i = transfers_.find(key);
  if (i == transfers_.end())
    return true;
  i->second.stopped = true;
  return i->second.known;
}

void outbound::withdraw(const transfer_key& key,
                        std::function<void()> released) {
  auto i = transfers_.find(key);
  if (i == transfers_.end()) {
    released();
  } else if (i->second.borrowed == 0) {
    transfers_.erase(i);
    released();
  } else {
    i->second.released = std::move(released);
  }
}

std::optional<source> outbound::settle(const transfer_key& key) {
  auto i = transfers_.find(key);
  if (i == transfers_.end() || i->second.borrowed > 0
      || i->second.released != nullptr)
    return std::nullopt;
  auto result = std::move(i->second.src);
  transfers_.erase(i);
  return result;
}

void outbound::fail(link_id id, const caf::error& reason) {
  for (auto& [key, x] : transfers_) {
    if (key.link != id || x.via == nullptr)
      continue;
    x.via = nullptr;
    caf::anon_send(x.src.owner,
                   transfer_failed{reason, x.next == x.data.size(), key});
  }
  turns_.remove(id, [](const transfer_key&) {});
}

void outbound::abandon() {
  for (auto& [key, x] : transfers_)
    x.released = [] {};
}

void outbound::pump() {
  scratch_.swap(ready_);
  for (auto& key : scratch_) {
    auto i = transfers_.find(key);
    if (i == transfers_.end())
      continue;
    auto& x = i->second;
    x.ready = false;
    if (x.released == nullptr) {
      refill(x);
    } else if (x.borrowed == 0) {
      auto released = std::move(x.released);
      transfers_.erase(i);
      released();
    }
  }
  scratch_.clear();
  take_turns();
}

void outbound::left(const ucx::request_tag& tag, const departure& how) {
  auto [link, transfer, length] = tag;
  if (how.credited) {
    credit_.left(link, length);
    turns_due_ = turns_due_ || !turns_.empty();
  }
  auto i = transfers_.find({link, transfer});
  if (i == transfers_.end())
    return;
  auto& x = i->second;
  if (how.borrowed)
    --x.borrowed;
  --x.in_flight;
  x.released_bytes += length;
  if (x.released_bytes < x.data.size())
    caf::anon_send(x.src.owner, transfer_progress{x.released_bytes, x.src.key});
  if (!x.ready) {
    x.ready = true;
    ready_.push_back({link, transfer});
  }
}

// The lane may let go of a chunk within `post`; then the transfer is ready
// again and continues in the next round, so that others get their turn.
void outbound::refill(transfer& x) {
  auto left = x.data.size() - x.next;
  if (x.via == nullptr || x.stopped || left == 0)
    return;
  auto chunks = (left - 1) / x.chunk_size + 1;
  auto n = std::min(options_.window - x.in_flight, chunks) - x.waiting;
  for (; n > 0; --n) {
    if (x.exposed || (turns_.empty() && has_credit(x))) {
      post_next(x);
    } else {
      ++x.waiting;
      turns_.push(x.src.key, x.src.priority, x.src.key);
      turns_due_ = true;
    }
  }
}

void outbound::take_turns() {
  turns_due_ = false;
  auto find = [this](const transfer_key& key) -> transfer* {
    auto i = transfers_.find(key);
    auto over = i == transfers_.end() || i->second.released != nullptr
                || i->second.stopped;
    return over ? nullptr : &i->second;
  };
  auto may_go = [&](const transfer_key& key) {
    auto* x = find(key);
    return x == nullptr || has_credit(*x);
  };
  while (auto key = turns_.pop(may_go)) {
    if (auto* x = find(*key)) {
      --x->waiting;
      post_next(*x);
    }
  }
}

bool outbound::has_credit(const transfer& x) const {
  auto length = std::min<uint64_t>(x.chunk_size, x.data.size() - x.next);
  return credit_.permits(x.src.key.link, length);
}

void outbound::post_next(transfer& x) {
  auto total = x.data.size();
  auto length = std::min<uint64_t>(x.chunk_size, total - x.next);
  offer header;
  header.secret = x.src.secret;
  header.offset = x.next;
  header.length = static_cast<uint32_t>(length);
  header.chunk_size = x.chunk_size;
  header.total = total;
  header.priority = x.src.priority;
  if (x.exposed) {
    header.cell = x.exposed.cell();
    header.seal = x.exposed.seal();
    header.block = x.exposed.only_block();
  }
  if (x.src.verify)
    header.checksum = checksum(x.data, x.next, length);
  x.known = true;
  x.next += length;
  ++x.in_flight;
  ++x.borrowed;
  if (!x.exposed)
    credit_.posted(x.src.key.link, length);
  auto& borrowed = x.exposed ? exposed_borrowed_ : borrowed_;
  auto& copied = x.exposed ? exposed_copied_ : copied_;
  if (x.via->post(chunk{x.src.key, header, x.data}, borrowed, copied))
    --x.borrowed;
}

} // namespace rdma
