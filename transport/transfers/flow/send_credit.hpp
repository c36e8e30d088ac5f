// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/transfers/flow/turn_queue.hpp"

#include <cstdint>
#include <unordered_map>

namespace rdma {

/// Bounds the bytes of chunks that were posted and have not left, per link and
/// in total. A link that has none of them may always post one, so that a peer
/// that hangs keeps nobody else waiting.
class send_credit {
public:
  explicit send_credit(const transport_options& options)
    : most_per_link_(options.max_outbound_bytes),
      most_(options.max_bytes_in_flight) {
    // nop
  }

  admission permits(link_id to, uint64_t bytes) const {
    auto i = links_.find(to);
    if (i == links_.end())
      return admission::at_once;
    if (i->second + bytes > most_per_link_)
      return admission::link_waits;
    return total_ + bytes > most_ ? admission::all_wait : admission::in_turn;
  }

  /// True if nothing is on its way.
  bool idle(link_id to) const {
    return !links_.contains(to);
  }

  void posted(link_id to, uint64_t bytes) {
    links_[to] += bytes;
    total_ += bytes;
  }

  void left(link_id to, uint64_t bytes) {
    auto i = links_.find(to);
    i->second -= bytes;
    if (i->second == 0)
      links_.erase(i);
    total_ -= bytes;
  }

private:
  uint64_t most_per_link_;
  uint64_t most_;
  uint64_t total_ = 0;
  std::unordered_map<link_id, uint64_t> links_;
};

} // namespace rdma
