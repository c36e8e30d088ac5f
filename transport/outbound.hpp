// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/block_list.hpp"
#include "caf_rdma/transport/link.hpp"
#include "caf_rdma/transport/options.hpp"
#include "caf_rdma/transport/transport.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace rdma {

/// Cuts outgoing transfers into chunks and keeps a window of them in flight.
class outbound : public ucx::request_observer {
public:
  explicit outbound(const transport_options& options);

  /// Offers the first window of `src` on `via`.
  void start(source src, link& via);

  /// Posts no further chunk; calls `released` once none is in flight.
  void withdraw(const transfer_key& key, std::function<void()> released);

  /// Tells the owners of all transfers on that link, which is about to go.
  void fail(link_id id, const caf::error& reason);

  /// Forgets who waits for a withdrawal.
  void abandon();

  /// Refills the windows of transfers that had chunks released.
  void pump();

  /// True if `pump` has something to do.
  bool ready() const noexcept {
    return !ready_.empty();
  }

  void request_done(const ucx::request_tag& tag, size_t length,
                    ucs_status_t status) override;

private:
  struct transfer {
    source src;
    block_list data;
    link* via = nullptr; // null once the link failed
    uint32_t chunk_size = 0;
    uint64_t next = 0;
    uint64_t released_bytes = 0;
    uint64_t in_flight = 0;
    bool ready = false;
    std::function<void()> released; // set once withdrawn
  };

  void refill(transfer& x);

  transport_options options_;
  std::unordered_map<transfer_key, transfer> transfers_;
  std::vector<transfer_key> ready_;
  std::vector<transfer_key> scratch_;
};

} // namespace rdma
