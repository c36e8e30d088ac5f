// SPDX-License-Identifier: BSD-3-Clause

#include "message_node.hpp"

#include "memory.hpp"

#include "caf_rdma/options/runtime_options.hpp"

#include <algorithm>
#include <limits>

namespace transfer_bench {

namespace {

uint64_t threshold(contender what) {
  return what == contender::raw_eager
           ? std::numeric_limits<uint64_t>::max()
           : rdma::transport_options{}.rendezvous_threshold;
}

} // namespace

message_node::message_node(loop_mode mode, contender what)
  : raw_node(mode, 0, threshold(what)) {
  rdma::transport_options defaults;
  chunk_size_ = defaults.chunk_size;
  window_ = defaults.window;
}

void message_node::begin(size_t slot) {
  auto& x = at(slot);
  if (current().mode == direction::read) {
    worker_.send(
      {raw_message::ask, static_cast<uint32_t>(slot), 0, current().size});
    return;
  }
  x.out = {current().size, 0, 0, false, true};
  refill(slot);
}

// A chunk may be let go of within the post: then there is more to refill, and
// UCX may have no event left that would wake us.
void message_node::settle() {
  for (auto slot : to_acknowledge_)
    worker_.send({raw_message::ack, static_cast<uint32_t>(slot)});
  to_acknowledge_.clear();
  while (!to_refill_.empty()) {
    scratch_.swap(to_refill_);
    for (auto slot : scratch_)
      refill(slot);
    scratch_.clear();
  }
}

// -- what the peer and UCX say -----------------------------------------------

void message_node::on_message(const raw_message& x) {
  raw_node::on_message(x);
  auto& out = at(x.slot).out;
  if (x.what == raw_message::ack) {
    out.acknowledged = true;
    check(x.slot);
  } else if (x.what == raw_message::ask) {
    // Chunks of the slot's last transfer may be in flight, still.
    out = {x.total, 0, out.in_flight, false, false};
    to_refill_.push_back(x.slot);
  }
}

std::span<std::byte> message_node::target(const raw_message& x, size_t size) {
  return memory_slot(x.slot, x.total).subspan(x.offset, size);
}

void message_node::on_landed(const raw_message& x, size_t size) {
  auto& y = at(x.slot);
  y.landed += size;
  if (y.landed < x.total)
    return;
  y.landed = 0;
  to_acknowledge_.push_back(x.slot);
  if (current().mode == direction::read && current().count > 0)
    finish(x.slot);
}

void message_node::on_sent(const raw_message& x) {
  auto& out = at(x.slot).out;
  --out.in_flight;
  if (out.posted < out.total)
    to_refill_.push_back(x.slot);
  else
    check(x.slot);
}

// -- transfers ---------------------------------------------------------------

message_node::transfer& message_node::at(size_t slot) {
  if (slot >= transfers_.size())
    transfers_.resize(slot + 1);
  return transfers_[slot];
}

void message_node::refill(size_t slot) {
  // By index: a post may enlarge the vector.
  while (at(slot).out.in_flight < window_
         && at(slot).out.posted < at(slot).out.total) {
    auto& out = at(slot).out;
    raw_message x{raw_message::data, static_cast<uint32_t>(slot), out.posted,
                  out.total};
    auto size = std::min(chunk_size_, out.total - out.posted);
    out.posted += size;
    ++out.in_flight;
    worker_.send(x, target(x, size));
  }
}

void message_node::check(size_t slot) {
  auto& out = at(slot).out;
  if (!out.ours || !out.acknowledged || out.in_flight > 0)
    return;
  out.ours = false;
  finish(slot);
}

} // namespace transfer_bench
