// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/transfer_operation.hpp"

namespace rdma {

// -- hooks -------------------------------------------------------------------

void transfer_operation::on_claimed(const transfer_claimed& x) {
  begin_progress(x.key, x.lane, x.peer);
}

void transfer_operation::on_landed(const transfer_landed&) {
  // nop
}

void transfer_operation::on_settled(const transfer_settled&) {
  // nop
}

void transfer_operation::on_failed(const transfer_failed& x) {
  finish(x.reason);
}

// -- events ------------------------------------------------------------------

void transfer_operation::handle(const transfer_claimed& x) {
  if (!ending())
    on_claimed(x);
  else if (key_.link == 0)
    key_ = x.key; // crossed our withdrawal: the peer must hear of the end
}

void transfer_operation::handle(const transfer_progress& x) {
  if (stale(x.key))
    return;
  if (!ending())
    report_.bytes = x.bytes;
  note_progress();
}

void transfer_operation::handle(const transfer_landed& x) {
  if (!is_final(report_.status) && !stale(x.key))
    on_landed(x);
}

void transfer_operation::handle(const transfer_settled& x) {
  if (!is_final(report_.status) && !stale(x.key))
    on_settled(x);
}

void transfer_operation::handle(const transfer_failed& x) {
  if (!ending() && !stale(x.key))
    on_failed(x);
}

void transfer_operation::handle(frame& x) {
  if (!ending() && !stale({x.link_id, x.transfer_id}))
    on_frame(x);
}

// -- life --------------------------------------------------------------------

void transfer_operation::begin_progress(const transfer_key& key,
                                        std::string lane, std::string peer) {
  key_ = key;
  report_.lane = full_name(lane);
  report_.peer = std::move(peer);
  report_.status = status::in_progress;
}

void transfer_operation::reset() {
  secret_ = {};
  key_ = {};
  withdrawing_ = false;
  settled_ = false;
}

void transfer_operation::settle(status outcome, caf::error reason) {
  settled_ = true;
  decide(outcome, std::move(reason));
  if (outcome == status::complete)
    report_.bytes = report_.total;
  if (!withdrawing_) // otherwise the transport is about to answer
    finalize();
}

void transfer_operation::release() {
  if (outcome_reason() == caf::none)
    report_.bytes = report_.total;
  limit_grace();
  withdrawing_ = true;
  self()
    ->request(setup().transport, caf::infinite,
              withdrawal{secret_, key_, last_words()})
    .then([this] { finalize(); }, [this](const caf::error&) { finalize(); });
}

std::vector<link_id> transfer_operation::stuck_links() const {
  if (key_.link == 0)
    return {};
  return {key_.link};
}

} // namespace rdma
