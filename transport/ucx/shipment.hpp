// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rdma::ucx {

/// Counts the shipments of one endpoint that have not ended. They may outlive
/// the endpoint's owner, and keep it alive.
struct traffic {
  uint64_t open = 0;
};

/// The chunks that travel in one request; their observers hear of its end.
class shipment : public request_observer {
public:
  explicit shipment(std::shared_ptr<traffic> of) : of_(std::move(of)) {
    ++of_->open;
  }

  /// Returns a request that keeps the shipment and reports to it.
  static request& acquire(request_pool& pool, std::shared_ptr<shipment> what) {
    auto* observer = what.get();
    return pool.acquire(observer, {}, std::move(what));
  }

  void add(request_observer& observer, const request_tag& tag) {
    chunks_.emplace_back(&observer, tag);
  }

  void request_done(const request_tag&, size_t length,
                    ucs_status_t status) override {
    --of_->open;
    for (auto& [observer, tag] : chunks_)
      observer->request_done(tag, length, status);
  }

private:
  std::shared_ptr<traffic> of_;
  std::vector<std::pair<request_observer*, request_tag>> chunks_;
};

} // namespace rdma::ucx
