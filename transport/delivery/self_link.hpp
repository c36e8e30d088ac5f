// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/links/link.hpp"
#include "caf_rdma/transport/transfers/transfer_table.hpp"

#include <deque>
#include <map>
#include <set>
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

  /// Delivers some frames, and at most one chunk. Returns the number of events.
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
  // Frames to deliver in a round, so that others get their turn.
  static constexpr size_t max_frames = 256;

  struct job {
    chunk what;
    ucx::request_observer* observer;
    uint64_t after; // frames that have been sent before it
  };

  using job_map = std::map<uint64_t, job>; // by age

  void copy(job_map::iterator i);

  /// Handles the oldest frames that have come.
  size_t deliver();

  /// Copies the oldest chunk of a transfer, if there is one.
  void copy_first(transfer_id transfer);

  link_id id_;
  std::string worker_;
  transfer_table& transfers_;
  self_link* other_ = nullptr;
  std::deque<frame> frames_; // arrived here
  uint64_t delivered_ = 0;   // frames, so far
  uint64_t posted_ = 0;      // chunks, so far
  job_map chunks_;           // to be copied to the other half
  std::set<std::pair<transfer_id, uint64_t>> by_transfer_; // the same
};

} // namespace rdma
