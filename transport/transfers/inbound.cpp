// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/inbound.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace rdma {

inbound::inbound(const transport_options& options, owner_table& routes,
                 std::function<void(link_id)> on_arrival, clock now,
                 staging* room)
  : options_(options),
    routes_(routes),
    on_arrival_(std::move(on_arrival)),
    now_(std::move(now)),
    staging_(room) {
  // nop
}

// -- grants ------------------------------------------------------------------

void inbound::install(sink x) {
  auto secret = x.secret;
  auto& entry = entries_[secret];
  entry.shown = x.key == transfer_key{};
  entry.grant = std::move(x);
  if (!entry.shown)
    join(entry);
}

void inbound::join(entry& x) {
  x.home = &traffic_[x.grant.key.link];
  x.home->transfers.push_back(x);
}

transfer_key inbound::claimed_by(const token& secret) const {
  auto i = entries_.find(secret);
  return i != entries_.end() ? i->second.grant.key : transfer_key{};
}

void inbound::withdraw(const withdrawal& x, std::function<void()> released) {
  auto i = entries_.find(x.secret);
  if (i == entries_.end()) {
    revoke(x.secret, std::move(released));
    return;
  }
  auto& entry = i->second;
  entry.used = x.epitaph.status == status::complete;
  held_.remove(entry.grant.key, &held_chunk::drop);
  held_for_room_.remove(entry.grant.key, &held_chunk::drop);
  entry.failed = true;
  if (entry.fetching > 0)
    entry.via->stop(x.secret);
  entry.released = std::move(released);
  if (!entry.busy())
    finish(x.secret);
}

void inbound::fail(link_id id, const caf::error& reason) {
  held_.shut(id);
  held_for_room_.shut(id);
  budgets_.erase(id);
  auto node = traffic_.extract(id);
  if (!node)
    return;
  node.mapped().down = true;
  node.mapped().reason = reason;
  failing_.push_back(std::move(node));
}

void inbound::tell(size_t most) {
  while (most > 0 && telling()) {
    auto step = failing_.empty() ? tell_revoked() : tell_failing(most);
    steps_ += step;
    most -= std::min(most, step);
  }
}

size_t inbound::tell_failing(size_t most) {
  auto id = failing_.front().key();
  for (auto* from : {&held_, &held_for_room_})
    if (auto n = from->remove(id, most, &held_chunk::drop); n > 0)
      return n;
  auto& [transfers, down, reason] = failing_.front().mapped();
  if (transfers.empty()) {
    failing_.pop_front();
    return 0;
  }
  auto& x = transfers.front();
  x.list_hook<by_link>::leave();
  x.home = nullptr;
  if (!x.ended() && !x.revoked())
    tell_failed(x, reason);
  return 1;
}

size_t inbound::tell_revoked() {
  auto& claims = revoked_.front().mapped().claims;
  if (claims.empty()) {
    auto released = std::move(revoked_.front().mapped().released);
    revoked_.pop_front();
    released();
    return 0;
  }
  auto& x = claims.front();
  x.leave_group();
  transfer_ended verdict{status::errored, errc::grant_revoked, {}, 0};
  auto key = x.grant.key;
  routes_.retire(key, verdict);
  verdicts_.push_back({key.link, key.transfer, verdict});
  finish(token{x.grant.secret});
  return 1;
}

void inbound::abandon() {
  held_.clear(&held_chunk::drop);
  held_for_room_.clear(&held_chunk::drop);
  for (auto& [secret, entry] : entries_)
    entry.released = [] {};
  for (auto& x : revoked_)
    x.mapped().released = [] {};
}

void inbound::add_to(transfer_statistics& x) const {
  x.chunks_landed += chunks_landed_;
  x.bytes_landed += bytes_landed_;
  x.chunks_held += held_.size() + held_for_room_.size();
  x.bytes_fetching += fetching_;
  x.steps += steps_;
}

void inbound::finish(const token& secret) {
  auto i = entries_.find(secret);
  auto& entry = i->second;
  auto released = std::move(entry.released);
  if (entry.part)
    grants_.end(*entry.part, entry.used);
  else if (entry.shown)
    remember(secret);
  entries_.erase(i);
  if (released)
    released();
}

void inbound::remember(const token& secret) {
  if (ended_.insert(secret).second)
    oldest_ended_.push_back(secret);
  if (oldest_ended_.size() > max_ended) {
    ended_.erase(oldest_ended_.front());
    oldest_ended_.pop_front();
  }
}

void inbound::revoke(const token& secret, std::function<void()> released) {
  if (grants_.contains(secret)) {
    grants_.erase(secret);
    remember(secret);
  }
  auto node = unheard_.extract(secret);
  if (!node) {
    released();
    return;
  }
  // Until they are gone the claims keep the memory.
  node.mapped().revoked = true;
  node.mapped().released = std::move(released);
  revoked_.push_back(std::move(node));
}

// -- offers ------------------------------------------------------------------

bool inbound::hold(link& from, lane& via, const frame& x, held_bytes what) {
  auto* entry = admit(from, x, what.length);
  if (entry == nullptr)
    return false;
  announce(*entry);
  auto& header = std::get<offer>(x.content);
  hold_parts(*entry, {entry->grant.secret, from.id(), header, &via, what});
  runnable_ = true;
  return true;
}

inbound::entry* inbound::admit(link& from, const frame& x, size_t length,
                               const block_list& source) {
  auto& header = std::get<offer>(x.content);
  auto* found = find({from.id(), x.transfer_id}, header.secret);
  if (found == nullptr && grants_.contains(header.secret))
    found = open_whole(from, x, header);
  else if (found == nullptr)
    refuse_unknown(x, header.secret);
  if (found == nullptr)
    return nullptr;
  auto& entry = *found;
  if (entry.over() && entry.grant.key == transfer_key{from.id(), x.transfer_id})
    return nullptr; // the owner tells the peer why
  if (entry.partly_known()) {
    fail(entry, make_error(errc::protocol_violation,
                           "peer " + from.peer()
                             + " offers before it has named all blocks"));
    return nullptr;
  }
  if (entry.grant.target.empty()) {
    refuse(x, errc::kind_mismatch);
    return nullptr;
  }
  if (entry.refused && !header.anew)
    return nullptr; // has crossed our wish to have it another way
  if (!source.empty() && !separate(entry, x, source))
    return nullptr;
  auto code = claim(entry, from, x.transfer_id, header.total);
  if (code != errc::none) {
    refuse(x, code);
    return nullptr;
  }
  if (length != header.length || !reserve(entry, header)) {
    fail(entry, make_error(errc::protocol_violation,
                           "peer " + from.peer()
                             + " offered a chunk that does not fit"));
    return nullptr;
  }
  return &entry;
}

// One look is enough once the transfer has claimed the memory. The order in
// which bytes are copied would decide what becomes of those that belong to
// both.
bool inbound::separate(entry& x, const frame& what, const block_list& source) {
  auto claimed = x.grant.key != transfer_key{};
  if ((claimed && std::get<offer>(what.content).offset > 0)
      || !overlap(source, x.grant.target))
    return true;
  if (claimed)
    fail(x, make_error(errc::bad_selection, same_memory));
  else
    verdicts_.push_back(
      {what.link_id, what.transfer_id,
       transfer_ended{status::errored, errc::bad_selection, same_memory, 0}});
  return false;
}

errc inbound::claim(entry& x, link& from, transfer_id transfer,
                    uint64_t total) {
  if (x.over())
    return errc::operation_ended;
  if (total != x.grant.total)
    return errc::size_mismatch;
  transfer_key key{from.id(), transfer};
  if (x.grant.key == transfer_key{}) {
    // The name of another transfer, whose lane may still hold chunks.
    if (routes_.find(key) != nullptr || routes_.epitaph(key) != nullptr)
      return errc::protocol_violation;
    x.grant.key = key;
    routes_.add(key, x.grant.owner);
    join(x);
    x.news = transfer_claimed{key, from.lane(), from.peer()};
  }
  return x.grant.key == key ? errc::none : errc::already_claimed;
}

bool inbound::reserve(entry& x, const offer& header) {
  if (x.grant.verify && !header.checksum)
    return false;
  if (x.chunk_size == 0) {
    auto chunks = (header.total - 1) / header.chunk_size + 1;
    if (chunks > max_chunks)
      return false;
    x.chunk_size = header.chunk_size;
    x.seen.resize(chunks);
  }
  auto index = header.offset / x.chunk_size;
  if (header.chunk_size != x.chunk_size || x.seen[index])
    return false;
  x.seen[index] = true;
  return true;
}

void inbound::write(entry& x, uint64_t offset,
                    std::span<const std::byte> piece) {
  auto* from = piece.data();
  x.grant.target.for_each(offset, piece.size(),
                          [&from](std::span<std::byte> to) {
                            std::memcpy(to.data(), from, to.size());
                            from += to.size();
                          });
}

void inbound::landed(entry& x, uint64_t bytes) {
  x.landed += bytes;
  ++chunks_landed_;
  bytes_landed_ += bytes;
  if (x.landed == x.grant.target.size() && !x.over()) {
    complete(x);
    return;
  }
  announce(x);
  x.told = std::max(x.told, x.landed);
  caf::anon_send(x.grant.owner, transfer_progress{x.told, x.grant.key});
}

// The destination decides, and it is we who have seen the last byte: the source
// need not wait for our owner. `x` is gone afterwards.
void inbound::complete(entry& x) {
  auto [link, transfer] = x.grant.key;
  transfer_ended verdict{status::complete, errc::none, {}, x.landed};
  routes_.retire(x.grant.key, verdict);
  auto& told = x.of_reader() ? acknowledgements_ : verdicts_;
  told.push_back({link, transfer, std::move(verdict)});
  caf::anon_send(x.grant.owner,
                 transfer_landed{x.landed, std::move(x.news), x.grant.key});
  x.used = true;
  finish(token{x.grant.secret});
}

void inbound::announce(entry& x) {
  auto news = std::exchange(x.news, std::nullopt);
  if (!news)
    return;
  x.leave_group();
  caf::anon_send(x.grant.owner, std::move(*news));
}

void inbound::tell_failed(entry& x, const caf::error& reason) {
  x.failed = true;
  announce(x);
  caf::anon_send(x.grant.owner, transfer_failed{reason, false, x.grant.key});
}

void inbound::refuse(const frame& x, errc code) {
  verdicts_.push_back(
    {x.link_id, x.transfer_id, transfer_ended{status::errored, code, {}, 0}});
}

// A transfer that is over gets the true answer, however late it asks.
void inbound::refuse_unknown(const frame& x, const token& secret) {
  if (auto* epitaph = routes_.epitaph({x.link_id, x.transfer_id}))
    verdicts_.push_back({x.link_id, x.transfer_id, *epitaph});
  else
    refuse(x, ended_.contains(secret) ? errc::operation_ended
                                      : errc::unknown_operation);
}

void inbound::fail(entry& x, const caf::error& reason) {
  if (!x.over())
    tell_failed(x, reason);
}

void inbound::fail_integrity(entry& x, uint64_t offset) {
  fail(x, make_error(errc::integrity_error, "the chunk at "
                                              + std::to_string(offset)
                                              + " B is not what was sent"));
}

// -- fetching ----------------------------------------------------------------

void inbound::fetch() {
  runnable_ = false;
  if (staging_ != nullptr)
    copy_arrived();
  auto next = [this](turn_queue<held_chunk>& from) {
    return from.pop([this](const held_chunk& x) { return admits(x); });
  };
  auto left = max_fetches;
  for (auto* from : {&held_, &held_for_room_})
    for (; left > 0; --left) {
      auto chunk = next(*from);
      if (!chunk)
        break;
      post_fetch(*chunk);
    }
  runnable_ = runnable_ || left == 0;
}

admission inbound::admits(const held_chunk& chunk) {
  ++steps_;
  uint64_t bytes = chunk.header.length;
  auto result = admission::at_once;
  if (chunk.via->crosses_network()) {
    auto& budget = budgets_.try_emplace(chunk.link, options_).first->second;
    if (!budget.permits(bytes))
      return admission::link_waits;
    if (!budget.idle()) {
      if (fetching_ + bytes > options_.max_bytes_in_flight)
        return admission::all_wait;
      result = admission::in_turn;
    }
  }
  auto& x = entries_.at(chunk.secret);
  if (!needs_staging(x, chunk))
    return result;
  // More room than is needed would only make caches useless.
  if (x.fetching + x.copying >= options_.window)
    return admission::link_waits;
  return staging_->has_room(bytes) ? result : admission::all_wait;
}

void inbound::post_fetch(const held_chunk& chunk) {
  auto& x = entries_.at(chunk.secret);
  auto& header = chunk.header;
  fetch_record how;
  how.length = header.length;
  how.checksum = header.checksum;
  how.via = chunk.via;
  how.passing = header.passing;
  if (needs_staging(x, chunk)) {
    auto room = staging_->acquire(header.length);
    if (!room) {
      chunk.drop();
      fail(x, room.error());
      return;
    }
    how.room.push_back(std::move(*room));
  }
  if (chunk.via->crosses_network()) {
    budgets_.at(chunk.link).posted(header.length, now_());
    fetching_ += header.length;
  }
  ++x.fetching;
  x.via = chunk.via;
  ucx::request_tag tag{chunk.secret.high, chunk.secret.low, header.offset};
  auto target = x.grant.target;
  auto begin = header.offset;
  if (!how.room.empty()) {
    target = block_list{how.room};
    begin = 0;
  }
  x.fetches.emplace(header.offset, std::move(how));
  chunk.via->fetch(chunk.what, target, begin, *this, tag);
}

void inbound::fetched(link_id from, uint64_t bytes) {
  fetching_ -= bytes;
  auto i = budgets_.find(from);
  if (i == budgets_.end())
    return;
  i->second.done(bytes, now_());
  for (auto* xs : {&held_, &held_for_room_})
    xs->wake(from, i->second.idle());
}

void inbound::request_done(const ucx::request_tag& tag, size_t length,
                           ucs_status_t status) {
  token secret{tag[0], tag[1]};
  auto& x = entries_.at(secret);
  auto how = std::move(x.fetches.extract(tag[2]).mapped());
  --x.fetching;
  auto& via = *how.via;
  if (via.crosses_network())
    fetched(x.grant.key.link, how.length);
  held_for_room_.wake(x.grant.key.link, false);
  runnable_ = runnable_ || !how.room.empty() || !held_.empty()
              || !held_for_room_.empty();
  if (status == UCS_OK && length == how.length) {
    on_arrival_(x.grant.key.link);
    fetch_done(x, tag[2], length, std::move(how));
    if (!entries_.contains(secret))
      return;
  } else if (auto reason = via.explain(status); via.refused(status)) {
    refuse_in_place(x, reason);
  } else if (via.crosses_network() || code_of(reason) == errc::peer_lost) {
    broken_.push_back({x.grant.key.link, std::move(reason)});
  } else {
    fail(x, reason);
  }
  ask_anew(x);
  if (x.released != nullptr && !x.busy())
    finish(secret);
}

void inbound::refuse_in_place(entry& x, const caf::error& reason) {
  if (x.over() || x.refused)
    return;
  x.refused = true;
  x.anew = true;
  held_.remove(x.grant.key, &held_chunk::drop);
  held_for_room_.remove(x.grant.key, &held_chunk::drop);
  refused_.emplace_back(x.grant.key.link, reason);
}

void inbound::ask_anew(entry& x) {
  if (!x.anew || x.busy())
    return;
  x.anew = false;
  if (x.over())
    return;
  x.seen.clear();
  x.chunk_size = 0;
  x.landed = 0;
  verdicts_.push_back(
    {x.grant.key.link, x.grant.key.transfer, local_verdict{false, {}}});
}

void inbound::fetch_done(entry& x, uint64_t offset, uint64_t length,
                         fetch_record how) {
  if (how.passing)
    verdicts_.push_back(
      {x.grant.key.link, x.grant.key.transfer, chunk_fetched{offset}});
  auto staged = !how.room.empty();
  auto sum = [&] {
    return staged ? checksum(how.room, 0, length)
                  : checksum(x.grant.target, offset, length);
  };
  if (how.checksum && *how.checksum != sum()) {
    fail_integrity(x, offset);
  } else if (staged) {
    ++x.copying;
    arrived_.push_back({x.grant.secret, offset, std::move(how.room.front())});
  } else {
    landed(x, length);
  }
}

} // namespace rdma
