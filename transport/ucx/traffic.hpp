// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <cstdint>
#include <memory>

namespace rdma::ucx {

/// Counts the requests of one endpoint that have not ended, and passes the news
/// on. The requests keep it alive, as they may outlive the endpoint's owner.
class traffic : public request_observer,
                public std::enable_shared_from_this<traffic> {
public:
  /// Returns a request that this object counts; `observer` must outlive it.
  request& acquire(request_pool& pool, request_observer& observer,
                   const request_tag& tag) {
    ++open_;
    observer_ = &observer;
    return pool.acquire(this, tag, shared_from_this());
  }

  /// Number of requests that UCX holds.
  uint64_t open() const noexcept {
    return open_;
  }

  void request_done(const request_tag& tag, size_t length,
                    ucs_status_t status) override {
    --open_;
    observer_->request_done(tag, length, status);
  }

private:
  uint64_t open_ = 0;
  request_observer* observer_ = nullptr;
};

} // namespace rdma::ucx
