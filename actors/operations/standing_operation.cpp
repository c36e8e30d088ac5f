// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/standing_operation.hpp"

#include "caf_rdma/messages/claim_report.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace rdma {

namespace {

caf::error reason_for_peers(const caf::error& reason) {
  return make_error(errc::grant_revoked, reason_of(reason));
}

transfer_ended words_for(const caf::error& reason, uint64_t bytes) {
  return {outcome_of(reason), code_of(reason), reason_of(reason), bytes};
}

} // namespace

standing_operation::standing_operation(actor_base* self, operation_setup setup,
                                       standing_setup more)
  : operation_core(self, std::move(setup)),
    description_(std::move(more.description)),
    listener_(std::move(more.listener)) {
  // nop
}

void standing_operation::start() {
  secret_ = make_token();
  description_.grant_to_peers(self(), setup().transport,
                              standing_grant{secret_, setup().local, writable(),
                                             description_.terms(), owner()});
}

caf::result<metadata> standing_operation::describe() {
  return description_.give(self());
}

void standing_operation::on_final() {
  operation_core::on_final();
  description_.refused(outcome_reason());
}

// -- the end -----------------------------------------------------------------

void standing_operation::on_cancel(const caf::error& reason) {
  finish(reason);
}

void standing_operation::release() {
  auto next = [this] {
    revoked_ = true;
    for (auto& key : open_keys())
      revoke(key);
    finish_revocation();
  };
  self()
    ->request(setup().transport, caf::infinite,
              withdrawal{secret_, {}, last_words()})
    .then(next, [next](const caf::error&) { next(); });
}

// The end of what a reader gets is the reader's to decide; it may have the last
// byte already.
void standing_operation::revoke(const transfer_key& key) {
  auto reason = reason_for_peers(outcome_reason());
  limit_grace();
  if (writable())
    end(key, reason, true);
  else
    self()->send(setup().transport,
                 frame{key.link, key.transfer,
                       cancel_request{code_of(reason), reason_of(reason)}});
}

void standing_operation::finish_revocation() {
  if (revoked_ && open_.empty() && !is_final(report_.status))
    finalize();
}

std::vector<link_id> standing_operation::stuck_links() const {
  std::set<link_id> result;
  for (auto& [key, x] : open_)
    result.insert(key.link);
  return {result.begin(), result.end()};
}

void standing_operation::give_up_peers() {
  for (auto& key : open_keys())
    end(key, make_error(errc::outcome_unknown, "no verdict from its reader"),
        true);
}

std::vector<transfer_key> standing_operation::open_keys() const {
  std::vector<transfer_key> result;
  result.reserve(open_.size());
  for (auto& [key, x] : open_)
    result.push_back(key);
  return result;
}

void standing_operation::count(operation_metrics&) {
  // Its claims were counted.
}

// -- claims ------------------------------------------------------------------

void standing_operation::handle(const transfer_claimed& x) {
  open_.try_emplace(x.key).first->second.news = x;
  report_.lane = full_name(x.lane);
  report_.peer = x.peer;
  if (!ending())
    report_.status = status::in_progress;
}

void standing_operation::handle(const transfer_progress& x) {
  note_progress();
  if (auto i = open_.find(x.key); i != open_.end())
    i->second.bytes = x.bytes;
}

void standing_operation::handle(const transfer_landed& x) {
  if (x.claim)
    handle(*x.claim);
  settle(x.key, {status::complete, errc::none, {}, x.bytes});
}

void standing_operation::handle(const transfer_settled& x) {
  settle(x.key, x.verdict);
}

void standing_operation::handle(const transfer_failed& x) {
  if (x.all_offered)
    end(x.key,
        make_error(errc::outcome_unknown, "no verdict: " + reason_of(x.reason)),
        true);
  else
    end(x.key, x.reason, true);
}

void standing_operation::handle(frame& x) {
  transfer_key key{x.link_id, x.transfer_id};
  auto i = open_.find(key);
  if (i == open_.end())
    return; // it is over
  auto& y = i->second;
  if (auto* request = std::get_if<cancel_request>(&x.content))
    end(key, remote_end(y.news.peer, request->code, request->reason), true);
  else if (auto* verdict = std::get_if<transfer_ended>(&x.content))
    handle(key, y, *verdict);
}

// What lands here is this side's to say: a writer's COMPLETE proves nothing.
void standing_operation::handle(const transfer_key& key, open_transfer& x,
                                const transfer_ended& verdict) {
  if (writable() && verdict.status == status::complete) {
    end(key,
        make_error(errc::protocol_violation,
                   "writer " + x.news.peer + " says COMPLETE itself"),
        true);
    return;
  }
  if (!writable())
    x.bytes = std::min(verdict.bytes, total_of(x));
  end(key, judge(x, verdict), false);
}

void standing_operation::settle(const transfer_key& key,
                                const transfer_ended& verdict) {
  auto i = open_.find(key);
  if (i == open_.end())
    return;
  auto& x = i->second;
  x.bytes = std::min(verdict.bytes, total_of(x));
  if (x.withdrawing)
    x.verdict = verdict;
  else
    close(key, judge(x, verdict));
}

uint64_t standing_operation::total_of(const open_transfer& x) const {
  return x.news.said ? x.news.said->total : report_.total;
}

caf::error standing_operation::judge(const open_transfer& x,
                                     const transfer_ended& verdict) const {
  if (verdict.status != status::complete)
    return remote_end(x.news.peer, verdict.code, verdict.reason);
  if (auto total = total_of(x); verdict.bytes != total)
    return make_error(errc::protocol_violation,
                      "peer " + x.news.peer + " says COMPLETE after "
                        + std::to_string(verdict.bytes) + " of "
                        + std::to_string(total) + " bytes");
  return {};
}

void standing_operation::end(const transfer_key& key, caf::error reason,
                             bool tell_peer) {
  auto i = open_.find(key);
  if (i == open_.end() || std::exchange(i->second.withdrawing, true))
    return;
  auto& x = i->second;
  auto words = words_for(reason, x.bytes);
  auto next = [this, key, reason = std::move(reason), words, tell_peer] {
    auto& x = open_.at(key);
    if (x.verdict) {
      close(key, judge(x, *x.verdict));
      return;
    }
    if (tell_peer)
      self()->send(setup().transport, frame{key.link, key.transfer, words});
    close(key, reason);
  };
  self()
    ->request(setup().transport, caf::infinite,
              withdrawal{claim_secret(key), key, words})
    .then(next, [next](const caf::error&) { next(); });
}

void standing_operation::close(const transfer_key& key,
                               const caf::error& reason) {
  auto x = std::move(open_.extract(key).mapped());
  claim_report news{x.news.peer, outcome_of(reason), reason, x.bytes, {}, {}};
  report counted;
  counted.status = news.status;
  counted.bytes = news.bytes;
  counted.reason = reason;
  counted.lane = full_name(x.news.lane);
  setup().metrics->count(setup().kind, counted);
  auto complete = news.status == status::complete;
  if (complete) {
    ++served_;
    report_.bytes += x.bytes;
  }
  if (listener_) {
    if (x.news.said) {
      news.blocks = x.news.said->blocks;
      if (complete)
        news.notification = x.news.said->notification;
    }
    caf::anon_send(listener_, std::move(news));
  }
  if (served_ == description_.terms().claims && complete && !ending()) {
    report_.total = report_.bytes;
    finish({});
  }
  finish_revocation();
}

} // namespace rdma
