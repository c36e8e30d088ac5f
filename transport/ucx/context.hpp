// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <ucp/api/ucp_def.h>

#include <string>
#include <utility>
#include <vector>

namespace rdma::ucx {

/// Owns a UCX context with active messages and wake-up. It is created without
/// UCP_FEATURE_RMA: nobody can name our memory by address.
class context {
public:
  /// Fails with `ucx_version_mismatch`, `no_usable_lane`, `limit_reached` or
  /// `transport_failure`. An empty `tls` leaves UCX_TLS in force; without it
  /// all transports are used but those of shared memory. No more than
  /// `max_eager_size` bytes must be sent eagerly, if endpoints are to be closed
  /// by force meanwhile.
  static caf::expected<context>
  make(const std::string& tls, uint64_t max_eager_size = uint64_t{32} << 10);

  context(context&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      overruled_(std::move(other.overruled_)) {
    // nop
  }

  context& operator=(context&&) = delete;

  ~context();

  ucp_context_h get() const noexcept {
    return handle_;
  }

  /// True if UCX moves the memory of CUDA GPUs itself.
  bool moves_cuda_memory() const noexcept;

  /// Lists what UCX found on this machine, e.g., "self/memory0 tcp/lo".
  std::string lanes() const;

  /// What of the environment is not used because it does not work with this
  /// library, e.g., "UCX_PROTO_ENABLE=y".
  const std::vector<std::string>& overruled() const noexcept {
    return overruled_;
  }

private:
  context(ucp_context_h handle, std::vector<std::string> overruled) noexcept
    : handle_(handle), overruled_(std::move(overruled)) {
    // nop
  }

  ucp_context_h handle_;
  std::vector<std::string> overruled_;
};

/// Returns the release of the loaded UCX library, e.g., "1.13.1".
std::string library_version();

} // namespace rdma::ucx
