// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/lanes/lane.hpp"

#include <ucp/api/ucp_def.h>

namespace rdma {

/// Fetches by UCX's rendezvous, straight into the target.
class ucx_lane : public lane {
public:
  /// `direct`: UCX writes the memory of GPUs itself.
  ucx_lane(ucp_worker_h worker, ucx::request_pool& pool, bool direct) noexcept
    : worker_(worker), pool_(pool), direct_(direct) {
    // nop
  }

  bool writes_device(const block_list& target, uint64_t offset,
                     uint64_t length) const override;

  bool crosses_network() const noexcept override {
    return true;
  }

  void fetch(held_bytes from, const block_list& target, uint64_t offset,
             ucx::request_observer& observer,
             const ucx::request_tag& tag) override;

  void drop(held_bytes x) override;

  /// UCX cannot stop what it has begun.
  void stop(const token&) override {
    // nop
  }

  caf::error explain(ucs_status_t status) const override;

private:
  ucp_worker_h worker_;
  ucx::request_pool& pool_;
  bool direct_;
};

} // namespace rdma
