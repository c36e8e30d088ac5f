// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/block_list.hpp"
#include "caf_rdma/transport/link.hpp"
#include "caf_rdma/transport/options.hpp"
#include "caf_rdma/transport/transport.hpp"

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rdma {

/// Cuts outgoing transfers into chunks and keeps a window of them in flight.
/// What is fetched in place comes in larger chunks, as nothing is sent but the
/// offers; the exposure ends with the transfer.
class outbound : public ucx::request_observer {
public:
  explicit outbound(const transport_options& options);

  /// Offers the first window of `src` on `via`.
  void start(source src, link& via);

  /// Posts no further chunk; calls `released` once no lane reads the memory.
  void withdraw(const transfer_key& key, std::function<void()> released);

  /// Takes out a transfer that the destination has decided about; nothing if
  /// there is none, or if a lane may still read its memory.
  std::optional<source> settle(const transfer_key& key);

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

  /// A lane has let go of the memory of a chunk.
  void request_done(const ucx::request_tag& tag, size_t length,
                    ucs_status_t status) override;

private:
  /// Is told that the lane's copy of a chunk has left.
  struct copies : ucx::request_observer {
    explicit copies(outbound& x) : home(x) {
      // nop
    }

    void request_done(const ucx::request_tag& tag, size_t,
                      ucs_status_t) override {
      if (auto* x = home.find(tag))
        home.left(*x, tag);
    }

    outbound& home;
  };

  struct transfer {
    source src;
    block_list data;
    local::exposure exposed; // if the peer fetches in place
    link* via = nullptr;     // null once the link failed
    uint32_t chunk_size = 0;
    uint64_t next = 0;
    uint64_t released_bytes = 0;
    uint64_t in_flight = 0; // chunks that have not left
    uint64_t borrowed = 0;  // of these: chunks whose memory the lane may read
    bool ready = false;
    std::function<void()> released; // set once withdrawn
  };

  /// Returns nullptr if the transfer is over.
  transfer* find(const ucx::request_tag& tag);

  void left(transfer& x, const ucx::request_tag& tag);

  void refill(transfer& x);

  transport_options options_;
  std::unordered_map<transfer_key, transfer> transfers_;
  std::vector<transfer_key> ready_;
  std::vector<transfer_key> scratch_;
  copies copies_{*this};
};

} // namespace rdma
