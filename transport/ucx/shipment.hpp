// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace rdma::ucx {

/// The chunks that travel in one request; their observers hear of its end.
class shipment : public request_observer {
public:
  void add(request_observer& observer, const request_tag& tag) {
    chunks_.emplace_back(&observer, tag);
  }

  void request_done(const request_tag&, size_t length,
                    ucs_status_t status) override {
    for (auto& [observer, tag] : chunks_)
      observer->request_done(tag, length, status);
  }

private:
  std::vector<std::pair<request_observer*, request_tag>> chunks_;
};

} // namespace rdma::ucx
