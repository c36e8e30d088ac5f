// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/gpus.hpp"

#include "caf_rdma/messages/error.hpp"

#include <cstring>

namespace rdma_sim {

// Both GPUs claim all of the memory that is theirs, so tests name the first.
caf::expected<rdma::device> gpus::locate(const void* data, size_t) {
  return reinterpret_cast<uintptr_t>(data) >= hidden ? rdma::cuda(0)
                                                     : rdma::cpu;
}

class gpus::copy_job : public rdma::device_work {
public:
  copy_job(rdma::copy_direction to, std::span<const rdma::copy_part> parts,
           uint64_t looks, bool fails)
    : to_(to),
      parts_(parts.begin(), parts.end()),
      looks_(looks),
      fails_(fails) {
    // nop
  }

  caf::expected<bool> ended() override {
    if (looks_-- > 0)
      return false;
    if (fails_)
      return make_error(rdma::errc::device_error, "a simulated GPU has failed");
    for (auto& x : parts_) {
      auto* real = x.on_device - hidden;
      if (to_ == rdma::copy_direction::to_host)
        std::memcpy(x.on_host, real, x.size);
      else
        std::memcpy(real, x.on_host, x.size);
    }
    return true;
  }

private:
  rdma::copy_direction to_;
  std::vector<rdma::copy_part> parts_;
  uint64_t looks_;
  bool fails_;
};

caf::expected<rdma::device_work_ptr>
gpus::copy(rdma::copy_direction to, std::span<const rdma::copy_part> parts) {
  return rdma::device_work_ptr{std::make_unique<copy_job>(
    to, parts, dice_.below(20), dice_.below(300) == 0)};
}

caf::expected<rdma::device_work_ptr> gpus::await(const rdma::device_sync&) {
  return make_error(rdma::errc::device_error, "not simulated");
}

caf::error gpus::signal(CUevent_st*) {
  return make_error(rdma::errc::device_error, "not simulated");
}

} // namespace rdma_sim
