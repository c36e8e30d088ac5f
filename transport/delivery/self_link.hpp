// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <deque>
#include <list>
#include <string>
#include <utility>

namespace rdma {

/// One half of the way from a runtime to itself: what is sent on one half
/// arrives on the other. Bytes are copied, one chunk a round, after the same
/// checks as any other offer.
class self_link : public link {
public:
  self_link(link_id id, std::string worker, transfer_table& transfers);

  /// Joins two halves.
  static void join(self_link& x, self_link& y) noexcept {
    x.other_ = &y;
    y.other_ = &x;
  }

  // -- operations ------------------------------------------------------------

  /// Delivers frames, and at most one chunk. Returns the number of events.
  size_t progress();

  bool idle() const noexcept {
    return frames_.empty() && chunks_.empty();
  }

  // -- overrides of link -----------------------------------------------------

  link_id id() const noexcept override {
    return id_;
  }

  std::string lane() const override {
    return "self";
  }

  const std::string& peer() const noexcept override {
    return worker_;
  }

  uint64_t max_chunk_size() const noexcept override {
    return uint64_t{1} << 20;
  }

  local::exposure expose(const block_list&) override {
    return {};
  }

  void send(frame x) override;

  bool post(const chunk& x, ucx::request_observer& borrowed,
            ucx::request_observer& copied) override;

private:
  struct job {
    chunk what;
    ucx::request_observer* observer;
  };

  void copy(const job& x);

  /// Handles the frames that have come so far.
  size_t deliver();

  /// Copies the oldest chunk of a transfer, if there is one.
  void copy_first(transfer_id transfer);

  link_id id_;
  std::string worker_;
  transfer_table& transfers_;
  self_link* other_ = nullptr;
  std::deque<frame> frames_; // arrived here
  std::list<job> chunks_;    // to be copied to the other half
};

} // namespace rdma
