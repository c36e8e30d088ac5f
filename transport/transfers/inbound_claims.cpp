// SPDX-License-Identifier: BSD-3-Clause

// How claims become entries of the table: those on standing grants here, those
// on plain sinks by their owners.

#include "caf_rdma/transport/transfers/inbound.hpp"

#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace rdma {

inbound::entry* inbound::find(const transfer_key& key, const token& secret) {
  if (auto i = entries_.find(secret); i != entries_.end() && !i->second.part)
    return &i->second;
  auto i = entries_.find(claim_secret(key));
  auto ours = i != entries_.end() && i->second.part
              && i->second.part->said->secret == secret;
  return ours ? &i->second : nullptr;
}

void inbound::claimed(link& from, frame& x) {
  transfer_key key{from.id(), x.transfer_id};
  small_traffic_ = true;
  if (auto* more = std::get_if<claim_blocks>(&x.content)) {
    append(key, *more);
    return;
  }
  auto& said = std::get<rdma::claim>(x.content);
  if (auto* entry = find(key, said.secret)) {
    ask_owner(*entry, from, x);
  } else if (!grants_.contains(said.secret)) {
    refuse_unknown(x, said.secret);
  } else if (auto* opened = open(from, x, std::move(said))) {
    opened->news->said = opened->part->said;
    named(*opened, opened->part->said->blocks);
  }
}

void inbound::announce(const transfer_key& key) {
  if (auto i = entries_.find(claim_secret(key));
      i != entries_.end() && !i->second.revoked())
    announce(i->second);
}

void inbound::ask_owner(entry& x, link& from, const frame& what) {
  auto& said = std::get<rdma::claim>(what.content);
  if (x.part) {
    fail(x, make_error(errc::protocol_violation,
                       "peer " + from.peer() + " claims the same twice"));
  } else if (!said.blocks.empty() || said.notification) {
    refuse(what, errc::not_granted);
  } else if (!x.grant.target.empty() || !said.reads()) {
    refuse(what, errc::kind_mismatch);
  } else if (auto code = claim(x, from, what.transfer_id, said.total);
             code != errc::none) {
    refuse(what, code);
  } else {
    announce(x);
    caf::anon_send(x.grant.owner, what);
  }
}

inbound::entry* inbound::open(link& from, const frame& x, rdma::claim said) {
  transfer_key key{from.id(), x.transfer_id};
  if (routes_.epitaph(key) != nullptr) {
    refuse_unknown(x, said.secret);
    return nullptr;
  }
  auto secret = claim_secret(key);
  if (routes_.find(key) != nullptr || entries_.contains(secret)) {
    refuse(x, errc::protocol_violation);
    return nullptr;
  }
  open_claim part;
  part.said = std::make_shared<rdma::claim>(std::move(said));
  if (auto code = grants_.begin(part, from.peer()); code != errc::none) {
    // Its chunks may be on their way, and find that another claim has ended.
    routes_.add(key, grants_.get(part.said->secret).owner);
    routes_.retire(key, {status::errored, code, {}, 0});
    refuse(x, code);
    return nullptr;
  }
  auto& grant = grants_.get(part.said->secret);
  auto& result = entries_[secret];
  result.grant.secret = secret;
  result.grant.total = part.said->total;
  result.grant.key = key;
  result.grant.owner = grant.owner;
  result.grant.verify = grant.terms.verify;
  if (part.said->blocks.empty() && grant.writable)
    result.grant.target = grant.memory;
  result.part = std::move(part);
  result.news = transfer_claimed{key, from.lane(), from.peer()};
  join(result);
  result.unheard = &unheard_[grant.secret];
  result.unheard->claims.push_back(result);
  routes_.add(key, grant.owner);
  return &result;
}

inbound::entry* inbound::open_whole(link& from, const frame& x,
                                    const offer& header) {
  rdma::claim said;
  said.secret = header.secret;
  said.total = header.total;
  return open(from, x, std::move(said));
}

void inbound::append(const transfer_key& key, const claim_blocks& x) {
  auto i = entries_.find(claim_secret(key));
  if (i == entries_.end() || !i->second.part || i->second.over())
    return; // it was refused, or is over
  auto& entry = i->second;
  auto& said = *entry.part->said;
  if (!grants_.contains(said.secret))
    return; // the grant is over, and its owner about to end the claim
  if (x.blocks.size() > said.more_blocks) {
    fail(entry, make_error(errc::protocol_violation,
                           "more blocks than were announced"));
    return;
  }
  said.blocks.insert(said.blocks.end(), x.blocks.begin(), x.blocks.end());
  said.more_blocks -= static_cast<uint32_t>(x.blocks.size());
  named(entry, x.blocks);
}

void inbound::named(entry& x, const selection& blocks) {
  if (auto err = grants_.add(*x.part, blocks); err != caf::none)
    fail(x, err);
  else if (!x.partly_known())
    begin(x);
}

void inbound::begin(entry& x) {
  auto memory = grants_.memory_of(*x.part);
  if (!memory) {
    fail(x, memory.error());
    return;
  }
  auto& said = *x.part->said;
  if (said.reads()) {
    announce(x);
    sources_.push_back({x.grant.key, said.reply_secret, std::move(*memory),
                        x.grant.owner, x.grant.secret, std::nullopt,
                        said.verify || x.grant.verify, said.priority});
  } else {
    x.grant.target = std::move(*memory);
  }
}

std::vector<source> inbound::take_sources() {
  auto result = std::exchange(sources_, {});
  std::erase_if(result, [this](const source& x) {
    auto i = entries_.find(x.claimed_secret);
    return i == entries_.end() || i->second.over();
  });
  return result;
}

} // namespace rdma
