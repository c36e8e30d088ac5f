// SPDX-License-Identifier: BSD-3-Clause

#include "put_node.hpp"

#include "hex.hpp"
#include "memory.hpp"

#include "caf_rdma/options/runtime_options.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

namespace transfer_bench {

put_node::put_node(loop_mode mode)
  : raw_node(mode, UCP_FEATURE_RMA, std::numeric_limits<uint64_t>::max()),
    exposed_(worker_.context()) {
  rdma::transport_options defaults;
  chunk_size_ = defaults.chunk_size;
  window_ = defaults.window;
}

put_node::~put_node() {
  if (key_ != nullptr)
    ucp_rkey_destroy(key_);
}

std::string put_node::introduce() {
  return raw_node::introduce() + ' ' + exposed_.key() + ' '
         + std::to_string(reinterpret_cast<uintptr_t>(memory().data()));
}

void put_node::meet(const std::string& line) {
  std::istringstream in{line};
  std::string address;
  std::string key;
  in >> address >> key >> remote_base_;
  raw_node::meet(address);
  packed_key_ = from_hex(key);
}

void put_node::begin(size_t slot) {
  if (slot >= transfers_.size())
    transfers_.resize(slot + 1);
  transfers_[slot] = {};
  refill(slot);
}

// UCX may let go of a chunk within the post.
void put_node::settle() {
  while (!sent_.empty()) {
    scratch_.swap(sent_);
    for (auto& x : scratch_) {
      auto& y = transfers_[x.slot];
      if (x.what == raw_message::flush)
        end(x.slot);
      else if (--y.in_flight; y.posted < current().size)
        refill(x.slot);
      else if (y.in_flight == 0 && current().mode == direction::write)
        worker_.flush(x.slot);
      else if (y.in_flight == 0)
        end(x.slot);
    }
    scratch_.clear();
  }
}

void put_node::on_sent(const raw_message& x) {
  sent_.push_back(x);
}

ucp_rkey_h put_node::key() {
  if (key_ == nullptr
      && ucp_ep_rkey_unpack(worker_.endpoint(), packed_key_.data(), &key_)
           != UCS_OK)
    die("raw control: ucp_ep_rkey_unpack failed");
  return key_;
}

void put_node::refill(size_t slot) {
  auto& x = transfers_[slot];
  auto all = memory_slot(slot, current().size);
  while (x.in_flight < window_ && x.posted < all.size()) {
    auto part = all.subspan(x.posted, std::min<size_t>(chunk_size_,
                                                       all.size() - x.posted));
    auto remote = remote_base_ + (part.data() - memory().data());
    raw_message header{raw_message::data, static_cast<uint32_t>(slot)};
    x.posted += part.size();
    ++x.in_flight;
    if (current().mode == direction::write)
      worker_.put(header, part, remote, key());
    else
      worker_.get(header, part, remote, key());
  }
}

void put_node::end(size_t slot) {
  worker_.send({raw_message::ack, static_cast<uint32_t>(slot)});
  finish(slot);
}

} // namespace transfer_bench
