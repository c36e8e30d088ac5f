// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace rdma {

transfer_table::transfer_table(const transport_options& options,
                               link_finder find,
                               std::function<void(link_id)> on_arrival,
                               inbound::clock now, staging_rooms room)
  : find_(std::move(find)),
    inbound_(options, routes_, std::move(on_arrival), std::move(now), room.in),
    outbound_(options, room.out) {
  // nop
}

// -- requests of owners ------------------------------------------------------

void transfer_table::install(sink x) {
  if (x.key != transfer_key{}) {
    if (down(x.key, x.owner))
      return;
    routes_.add(x.key, x.owner);
  }
  auto [key, request] = std::pair{x.key, std::move(x.request)};
  inbound_.install(std::move(x));
  if (request)
    send_claim(key, std::move(*request));
}

void transfer_table::start(source x) {
  if (down(x.key, x.owner))
    return;
  routes_.add(x.key, x.owner);
  auto& via = *find_(x.key.link);
  auto request = std::exchange(x.request, std::nullopt);
  auto known = request || x.claimed_secret != token{};
  if (request)
    send_claim(x.key, std::move(*request));
  outbound_.start(std::move(x), via, known);
}

void transfer_table::withdraw(const withdrawal& x,
                              std::function<void()> released) {
  routes_.retire(x.key, x.epitaph);
  // The owner does not know the transfer if a claim is on its way to it.
  routes_.retire(inbound_.claimed_by(x.secret), x.epitaph);
  outbound_.withdraw(x.key, [this, x, released = std::move(released)] {
    inbound_.withdraw(x, released);
  });
}

void transfer_table::send(frame x) {
  auto* to = find_(x.link_id);
  if (to == nullptr)
    return;
  transfer_key key{x.link_id, x.transfer_id};
  auto* wish = std::get_if<cancel_request>(&x.content);
  if (wish == nullptr || outbound_.stop(key)) {
    to->send(std::move(x));
    return;
  }
  auto outcome = wish->code == errc::cancelled ? status::cancelled
                                               : status::errored;
  transfer_ended verdict{outcome, wish->code, wish->reason, 0};
  if (settle(key, verdict))
    return;
  if (auto* owner = routes_.find(key)) // a copy still reads the memory
    caf::anon_send(*owner, frame{x.link_id, x.transfer_id, verdict});
}

// Tells the owner if the link has gone while its request was on the way.
bool transfer_table::down(const transfer_key& key,
                          const transfer_owner& owner) const {
  if (find_(key.link) != nullptr)
    return false;
  caf::anon_send(owner, transfer_failed{make_error(errc::peer_lost,
                                                   "the link is down"),
                                        false, key});
  return true;
}

// -- links -------------------------------------------------------------------

void transfer_table::fail(link_id id, const caf::error& reason) {
  outbound_.fail(id, reason);
  inbound_.fail(id, reason);
}

void transfer_table::abandon() {
  inbound_.abandon();
  outbound_.abandon();
}

// -- what peers say ----------------------------------------------------------

void transfer_table::receive(link& from, frame& x) {
  transfer_key key{x.link_id, x.transfer_id};
  if (std::holds_alternative<claim>(x.content)
      || std::holds_alternative<claim_blocks>(x.content)) {
    inbound_.claimed(from, x);
  } else if (auto* chunk = std::get_if<chunk_fetched>(&x.content)) {
    outbound_.fetched(key, chunk->offset);
  } else if (std::holds_alternative<local_verdict>(x.content)) {
    outbound_.offer_anew(key);
  } else if (auto* owner = routes_.find(key)) {
    inbound_.announce(key);
    auto* verdict = std::get_if<transfer_ended>(&x.content);
    if (verdict != nullptr)
      doubt(key, *verdict);
    if (verdict == nullptr || !settle(key, *verdict))
      caf::anon_send(*owner, x);
  } else if (std::holds_alternative<cancel_request>(x.content)) {
    // Offers and cancels arrive in order, so what is unknown was never claimed
    // or has ended long ago. If an offer was refused, its refusal says more.
    send_verdicts();
    auto* epitaph = routes_.epitaph(key);
    from.send(frame{
      x.link_id, x.transfer_id,
      epitaph != nullptr
        ? *epitaph
        : transfer_ended{status::errored, errc::unknown_operation, {}, 0}});
  }
}

// Only a destination says COMPLETE, and what it was not offered it cannot have.
void transfer_table::doubt(const transfer_key& key,
                           transfer_ended& verdict) const {
  if (verdict.status == status::complete && !outbound_.offered_all(key))
    verdict = {status::errored, errc::protocol_violation,
               "it says COMPLETE, but was not offered every byte", 0};
}

bool transfer_table::settle(const transfer_key& key,
                            const transfer_ended& verdict) {
  auto src = outbound_.settle(key);
  if (!src)
    return false;
  routes_.retire(key, verdict);
  inbound_.withdraw({src->claimed_secret, key, verdict}, [] {});
  caf::anon_send(src->owner, transfer_settled{verdict, key});
  return true;
}

// -- work between two calls to UCX's progress --------------------------------

std::vector<std::pair<link_id, caf::error>>
transfer_table::settle(size_t most) {
  tell(most);
  if (inbound_.ready()) {
    inbound_.fetch();
    send_verdicts();
    for (auto& x : inbound_.take_sources())
      start(std::move(x));
  }
  if (outbound_.ready())
    outbound_.pump();
  return inbound_.take_broken();
}

void transfer_table::tell(size_t most) {
  outbound_.tell(most);
  if (!outbound_.telling())
    inbound_.tell(most);
}

// A list of blocks that is too long for a frame continues in others.
void transfer_table::send_claim(const transfer_key& key, claim x) {
  auto& to = *find_(key.link);
  selection rest;
  if (x.blocks.size() > max_runs_per_frame) {
    rest.assign(x.blocks.begin() + max_runs_per_frame, x.blocks.end());
    x.blocks.resize(max_runs_per_frame);
    x.more_blocks = static_cast<uint32_t>(rest.size());
  }
  to.send(frame{key.link, key.transfer, std::move(x)});
  for (auto i = rest.begin(); i != rest.end();) {
    auto end = i + std::min<ptrdiff_t>(max_runs_per_frame, rest.end() - i);
    to.send(frame{key.link, key.transfer, claim_blocks{selection(i, end)}});
    i = end;
  }
}

void transfer_table::send_verdicts() {
  for (auto& x : inbound_.take_verdicts())
    if (auto* to = find_(x.link_id))
      to->send(std::move(x));
  for (auto& x : inbound_.take_acknowledgements())
    if (auto* to = find_(x.link_id))
      to->send_later(std::move(x));
}

} // namespace rdma
