// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/outbound.hpp"

#include "caf_rdma/transport/memory/checksum.hpp"
#include "caf_rdma/transport/transfers/staged_chunk.hpp"

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

outbound::outbound(const transport_options& options, staging* room)
  : options_(options), staging_(room), credit_(options) {
  // nop
}

outbound::~outbound() = default;

void outbound::start(source src, link& via, bool known) {
  auto key = src.key;
  auto& x = transfers_[key];
  x.known = known;
  x.data = src.data;
  x.src = std::move(src);
  x.home = &traffic_[key.link];
  x.home->via = &via;
  x.home->transfers.push_back(x);
  if (!x.data.on_device())
    x.exposed = via.expose(x.data);
  auto size = choose_chunk_size(x);
  if (size > max_raised_chunk_size) {
    x.leave();
    x.home = nullptr;
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

uint64_t outbound::choose_chunk_size(const transfer& x) const {
  // A checksum is computed in one go.
  auto factor = x.src.verify ? 1 : exposed_factor;
  auto size = options_.chunk_size;
  if (x.exposed)
    size = std::min(size * factor, max_raised_chunk_size);
  else if (!x.data.on_device() || !x.via()->in_place())
    size = std::min(size, x.via()->max_chunk_size());
  while (x.data.size() / size >= max_chunks)
    size *= 2;
  return size;
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
    erase(i);
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
  erase(i);
  return result;
}

bool outbound::offered_all(const transfer_key& key) const {
  auto i = transfers_.find(key);
  return i != transfers_.end() && i->second.posted == i->second.data.size();
}

// What is offered in passing is not offered any more.
void outbound::erase(std::unordered_map<transfer_key, transfer>::iterator i) {
  auto key = i->first;
  transfers_.erase(i);
  for (auto* turns : {&turns_, &staging_turns_})
    turns->remove(key, [](const transfer_key&) {});
  unstage_exposed(key);
}

void outbound::fail(link_id id, const caf::error& reason) {
  auto node = traffic_.extract(id);
  if (!node)
    return;
  node.mapped().via = nullptr;
  node.mapped().reason = reason;
  failing_.push_back(std::move(node));
  turns_.shut(id);
  staging_turns_.shut(id);
}

void outbound::tell(size_t most) {
  for (; most > 0 && telling(); --most) {
    auto& [via, reason, transfers] = failing_.front().mapped();
    if (transfers.empty()) {
      failing_.pop_front();
      continue;
    }
    auto& x = transfers.front();
    x.leave();
    x.home = nullptr;
    caf::anon_send(x.src.owner,
                   transfer_failed{reason, x.posted == x.data.size(),
                                   x.src.key});
    ++steps_;
    for (auto* turns : {&turns_, &staging_turns_})
      turns->remove(x.src.key, [](const transfer_key&) {});
  }
}

void outbound::abandon() {
  for (auto& [key, x] : transfers_)
    x.released = [] {};
}

void outbound::pump() {
  if (staging_ != nullptr)
    staging_->progress();
  pumped_bytes_ = 0;
  scratch_.swap(ready_);
  size_t n = 0;
  for (auto most = std::min(scratch_.size(), max_refills);
       n < most && pumped_bytes_ < max_pumped_bytes; ++n) {
    auto i = transfers_.find(scratch_[n]);
    if (i == transfers_.end())
      continue;
    auto& x = i->second;
    x.ready = false;
    if (x.released == nullptr) {
      refill(x);
    } else if (x.borrowed == 0) {
      auto released = std::move(x.released);
      erase(i);
      released();
    }
  }
  ready_.insert(ready_.begin(), scratch_.begin() + static_cast<ptrdiff_t>(n),
                scratch_.end());
  scratch_.clear();
  take_turns();
}

void outbound::add_to(transfer_statistics& x) const {
  x.chunks_offered += chunks_offered_;
  x.bytes_offered += bytes_offered_;
  x.chunks_waiting += turns_.size() + staging_turns_.size();
  x.steps += steps_;
}

void outbound::left(const ucx::request_tag& tag, const departure& how) {
  auto [link, transfer, length] = tag;
  if (how.credited)
    return_credit(link, length);
  transfer_key key{link, transfer};
  if (auto i = transfers_.find(key); i != transfers_.end() && how.borrowed)
    --i->second.borrowed;
  count_left(key, length);
}

void outbound::return_credit(link_id of, uint64_t length) {
  credit_.left(of, length);
  for (auto* turns : {&turns_, &staging_turns_}) {
    turns->wake(of, credit_.idle(of));
    turns_due_ = turns_due_ || !turns->empty();
  }
}

void outbound::count_left(const transfer_key& key, uint64_t length) {
  auto i = transfers_.find(key);
  if (i == transfers_.end())
    return;
  auto& x = i->second;
  --x.in_flight;
  x.released_bytes += length;
  if (x.released_bytes < x.data.size() && !x.restarting) {
    x.told = std::max(x.told, x.released_bytes);
    caf::anon_send(x.src.owner, transfer_progress{x.told, key});
  }
  if (!x.ready) {
    x.ready = true;
    ready_.push_back(key);
  }
}

void outbound::offer_anew(const transfer_key& key) {
  auto i = transfers_.find(key);
  if (i == transfers_.end() || i->second.anew)
    return;
  auto& x = i->second;
  x.anew = true;
  x.restarting = true;
  x.exposed = {};
  x.waiting = 0;
  turns_.remove(key, [](const transfer_key&) {});
  staging_turns_.remove(key, [](const transfer_key&) {});
  unstage_exposed(key);
  if (!x.ready) {
    x.ready = true;
    ready_.push_back(key);
  }
}

void outbound::restart(transfer& x) {
  x.restarting = false;
  x.next = 0;
  x.posted = 0;
  x.released_bytes = 0;
  x.chunk_size = static_cast<uint32_t>(choose_chunk_size(x));
}

// The lane may let go of a chunk within `post`; then the transfer is ready
// again and continues in the next round, so that others get their turn.
void outbound::refill(transfer& x) {
  if (x.via() == nullptr || x.stopped)
    return;
  if (x.restarting && x.in_flight == 0)
    restart(x);
  auto left = x.data.size() - x.next;
  if (x.restarting || left == 0)
    return;
  auto chunks = (left - 1) / x.chunk_size + 1;
  auto n = std::min(options_.window - x.in_flight, chunks) - x.waiting;
  auto& turns = x.data.on_device() ? staging_turns_ : turns_;
  for (; n > 0; --n) {
    if (x.exposed || (turns.empty() && may_go(admits(x)))) {
      post_next(x);
    } else {
      ++x.waiting;
      turns.push(x.src.key, x.src.priority, x.src.key);
      turns_due_ = true;
    }
  }
}

void outbound::take_turns() {
  auto find = [this](const transfer_key& key) -> transfer* {
    auto i = transfers_.find(key);
    auto over = i == transfers_.end() || i->second.released != nullptr
                || i->second.stopped || i->second.via() == nullptr;
    return over ? nullptr : &i->second;
  };
  auto ask = [&](const transfer_key& key) {
    ++steps_;
    auto* x = find(key);
    return x == nullptr ? admission::at_once : admits(*x);
  };
  turns_due_ = false;
  for (auto* turns : {&turns_, &staging_turns_}) {
    std::optional<transfer_key> key;
    while (pumped_bytes_ < max_pumped_bytes && (key = turns->pop(ask))) {
      if (auto* x = find(*key)) {
        --x->waiting;
        post_next(*x);
      }
    }
    turns_due_ = turns_due_
                 || (pumped_bytes_ >= max_pumped_bytes && !turns->empty());
  }
}

admission outbound::admits(const transfer& x) const {
  auto length = std::min<uint64_t>(x.chunk_size, x.data.size() - x.next);
  auto result = credit_.permits(x.src.key.link, length);
  if (may_go(result) && needs_staging(x) && !staging_->has_room(length))
    return admission::all_wait;
  return result;
}

void outbound::post_next(transfer& x) {
  if (needs_staging(x)) {
    stage_next(x);
    return;
  }
  auto header = take_next(x);
  if (x.exposed) {
    header.cell = x.exposed.cell();
    header.seal = x.exposed.seal();
    header.block = x.exposed.only_block();
  }
  if (x.src.verify)
    header.checksum = checksum(x.data, header.offset, header.length);
  count_offered(x, header.length);
  ++x.borrowed;
  if (!x.exposed) {
    credit_.posted(x.src.key.link, header.length);
    pumped_bytes_ += header.length;
  }
  auto& borrowed = x.exposed ? exposed_borrowed_ : borrowed_;
  auto& copied = x.exposed ? exposed_copied_ : copied_;
  if (x.via()->post(chunk{x.src.key, header, x.data, header.offset, x.data},
                    borrowed, copied))
    --x.borrowed;
}

void outbound::count_offered(transfer& x, uint64_t length) {
  x.known = true;
  x.posted += length;
  ++chunks_offered_;
  bytes_offered_ += length;
}

offer outbound::take_next(transfer& x) {
  auto total = x.data.size();
  auto length = std::min<uint64_t>(x.chunk_size, total - x.next);
  offer header;
  header.secret = x.src.secret;
  header.offset = x.next;
  header.length = static_cast<uint32_t>(length);
  header.chunk_size = x.chunk_size;
  header.total = total;
  header.priority = x.src.priority;
  header.anew = x.anew;
  x.next += length;
  ++x.in_flight;
  return header;
}

} // namespace rdma
