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
  if (chunks_.empty())
    return events;
  events += other_->deliver();
  if (chunks_.empty())
    return events; // a cancel has had the last one copied
  auto oldest = chunks_.begin();
  if (oldest->second.after > other_->delivered_)
    return events; // a claim comes before its chunks
  copy(oldest);
  return events + 1;
}

size_t self_link::deliver() {
  auto n = std::min(frames_.size(), max_frames);
  for (size_t i = 0; i < n; ++i) {
    auto x = std::move(frames_.front());
    frames_.pop_front();
    ++delivered_;
    // A cancel must not arrive before the claim that it follows.
    if (std::holds_alternative<cancel_request>(x.content))
      other_->copy_first(x.transfer_id);
    transfers_.receive(*this, x);
  }
  return n;
}

void self_link::send(frame x) {
  x.link_id = other_->id_;
  other_->frames_.push_back(std::move(x));
}

bool self_link::post(const chunk& x, ucx::request_observer& borrowed,
                     ucx::request_observer&) {
  auto sent = other_->delivered_ + other_->frames_.size();
  chunks_.emplace(++posted_, job{x, &borrowed, sent});
  by_transfer_.emplace(x.key.transfer, posted_);
  return false;
}

void self_link::copy_first(transfer_id transfer) {
  auto i = by_transfer_.lower_bound({transfer, 0});
  if (i != by_transfer_.end() && i->first == transfer)
    copy(chunks_.find(i->second));
}

void self_link::copy(job_map::iterator i) {
  auto node = chunks_.extract(i);
  auto& x = node.mapped();
  by_transfer_.erase({x.what.key.transfer, node.key()});
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
