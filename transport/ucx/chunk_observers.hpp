// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace rdma::ucx {

/// What travels in one message. Its end is told to the observers of the chunks,
/// and counted.
class chunk_observers : public request_observer {
public:
  /// Number of messages that UCX holds.
  using counter = std::shared_ptr<size_t>;

  void add(request_observer& observer, const request_tag& tag) {
    chunks_.emplace_back(&observer, tag);
  }

  /// Counts until UCX lets go.
  void depart(counter under_way) {
    under_way_ = std::move(under_way);
    ++*under_way_;
  }

  void request_done(const request_tag&, size_t length,
                    ucs_status_t status) override {
    if (under_way_)
      --*under_way_;
    for (auto& [observer, tag] : chunks_)
      observer->request_done(tag, length, status);
  }

private:
  std::vector<std::pair<request_observer*, request_tag>> chunks_;
  counter under_way_;
};

} // namespace rdma::ucx
