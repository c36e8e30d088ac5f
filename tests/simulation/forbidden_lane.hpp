// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/transport/lanes/lane.hpp"

#include <utility>
#include <vector>

namespace rdma_sim {

/// What is left of a lane when the right to read the peer is taken away: no
/// fetch works.
class forbidden_lane : public rdma::lane {
public:
  bool crosses_network() const noexcept override {
    return false;
  }

  void fetch(rdma::held_bytes, const rdma::block_list&, uint64_t,
             rdma::ucx::request_observer& observer,
             const rdma::ucx::request_tag& tag) override {
    fetches_.emplace_back(&observer, tag);
  }

  void drop(rdma::held_bytes) override {
    // nop
  }

  void stop(const rdma::token&) override {
    // nop
  }

  bool refused(ucs_status_t) const override {
    return true;
  }

  caf::error explain(ucs_status_t) const override {
    return rdma::make_error(rdma::errc::transport_failure, "forbidden");
  }

  size_t busy() const noexcept {
    return fetches_.size();
  }

  /// Ends the fetches. Returns their number.
  size_t progress() {
    auto ended = std::exchange(fetches_, {});
    for (auto& [observer, tag] : ended)
      observer->request_done(tag, 0, UCS_ERR_UNSUPPORTED);
    return ended.size();
  }

private:
  std::vector<std::pair<rdma::ucx::request_observer*, rdma::ucx::request_tag>>
    fetches_;
};

} // namespace rdma_sim
