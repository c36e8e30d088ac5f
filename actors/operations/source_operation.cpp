// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/source_operation.hpp"

#include <algorithm>
#include <utility>

namespace rdma {

void source_operation::offer_to(const token& secret, bool verify, priority prio,
                                std::optional<claim> request) {
  if (offered_)
    return; // a peer that asks twice
  offered_ = true;
  self()->send(setup().transport,
               source{key_, secret, setup().local, owner(), secret_,
                      std::move(request), verify, prio});
}

// Once bytes were offered the end is the destination's to decide; it may have
// the last byte already.
void source_operation::on_cancel(const caf::error& reason) {
  if (!offered_) {
    finish(reason);
  } else if (asked_ == caf::none) {
    asked_ = reason;
    send(cancel_request{code_of(reason), reason_of(reason)});
    limit_grace();
  }
}

// A destination that was offered every byte may have said COMPLETE to its user.
void source_operation::on_failed(const transfer_failed& x) {
  failed_ = true;
  if (x.all_offered)
    finish(make_error(errc::outcome_unknown, "no verdict from peer "
                                               + report_.peer + ": "
                                               + reason_of(x.reason)));
  else
    finish(x.reason);
}

void source_operation::on_settled(const transfer_settled& x) {
  auto reason = judge(x.verdict);
  settle(outcome_of(reason), reason);
}

void source_operation::on_frame(frame& x) {
  auto* end = std::get_if<transfer_ended>(&x.content);
  if (end == nullptr)
    return;
  auto reason = judge(*end);
  finish(outcome_of(reason), reason);
}

caf::error source_operation::judge(const transfer_ended& verdict) {
  report_.bytes = std::min(verdict.bytes, report_.total);
  if (verdict.status == status::complete && verdict.bytes != report_.total)
    return make_error(errc::protocol_violation,
                      "peer " + report_.peer + " says COMPLETE after "
                        + std::to_string(verdict.bytes) + " of "
                        + std::to_string(report_.total) + " bytes");
  if (verdict.status == status::complete)
    return {};
  // A peer that had ended before it heard of us took nothing.
  auto agreed = code_of(asked_) == verdict.code
                || verdict.code == errc::operation_ended;
  if (asked_ != caf::none && agreed)
    return asked_;
  return remote_end(report_.peer, verdict.code, verdict.reason);
}

void source_operation::give_up_peers() {
  if (ending())
    return; // it waits for the lane, not for the peer
  failed_ = true;
  finish(
    make_error(errc::outcome_unknown, "no verdict from peer " + report_.peer));
}

void source_operation::reset() {
  transfer_operation::reset();
  offered_ = false;
  failed_ = false;
  asked_ = {};
}

// A reader that was never offered anything has nobody else to learn it from,
// and neither has one that will not be offered the rest.
void source_operation::on_final() {
  if (!offered_ || failed_)
    send(last_words());
}

} // namespace rdma
