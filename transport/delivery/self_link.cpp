// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/delivery/self_link.hpp"

#include <algorithm>
#include <variant>

namespace rdma {

self_link::self_link(link_id id, std::string worker, transfer_table& transfers)
  : id_(id), worker_(std::move(worker)), transfers_(transfers) {
  // nop
}

size_t self_link::progress() {
  auto events = deliver();
  if (!chunks_.empty())
    events += other_->deliver(); // a claim comes before its chunks
  if (chunks_.empty())
    return events;
  auto x = chunks_.front();
  chunks_.pop_front();
  copy(x);
  return events + 1;
}

size_t self_link::deliver() {
  size_t events = 0;
  for (auto n = frames_.size(); n > 0; --n, ++events) {
    auto x = std::move(frames_.front());
    frames_.pop_front();
    // A cancel must not arrive before the claim that it follows.
    if (std::holds_alternative<cancel_request>(x.content))
      other_->copy_first(x.transfer_id);
    transfers_.receive(*this, x);
  }
  return events;
}

void self_link::send(frame x) {
  x.link_id = other_->id_;
  other_->frames_.push_back(std::move(x));
}

bool self_link::post(const chunk& x, ucx::request_observer& borrowed,
                     ucx::request_observer&) {
  chunks_.push_back({x, &borrowed});
  return false;
}

void self_link::copy_first(transfer_id transfer) {
  auto i = std::find_if(chunks_.begin(), chunks_.end(), [=](const job& x) {
    return x.what.key.transfer == transfer;
  });
  if (i == chunks_.end())
    return;
  auto x = *i;
  chunks_.erase(i);
  copy(x);
}

void self_link::copy(const job& x) {
  auto& key = x.what.key;
  auto& header = x.what.header;
  frame as_sent{other_->id_, key.transfer, header};
  auto copy = [&what = x.what](auto write) {
    what.data.for_each(what.begin, what.header.length, write);
  };
  transfers_.grants().take(*other_, as_sent, header.length, copy, x.what.whole);
  x.observer->request_done({key.link, key.transfer, header.length}, 0, UCS_OK);
}

} // namespace rdma
