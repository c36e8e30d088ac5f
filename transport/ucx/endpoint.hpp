// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <caf/expected.hpp>

#include <ucp/api/ucp_def.h>

#include <cstddef>
#include <span>
#include <utility>

namespace rdma::ucx {

class worker;

/// Owns a UCX endpoint in PEER error mode: a dead process is noticed, and all
/// requests on the endpoint end.
class endpoint {
public:
  // -- construction, destruction ---------------------------------------------

  /// Makes an endpoint that reports its failure to `callback`, at most once.
  /// `address` must be intact: UCX's parser has no length.
  static caf::expected<endpoint> make(const worker& to,
                                      std::span<const std::byte> address,
                                      ucp_err_handler_cb_t callback, void* arg);

  /// Owns nothing.
  endpoint() noexcept = default;

  endpoint(endpoint&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {
    // nop
  }

  /// Only for a left-hand side that is empty, or has been moved from.
  endpoint& operator=(endpoint&& other) noexcept;

  /// Must be closed before.
  ~endpoint();

  // -- properties ------------------------------------------------------------

  ucp_ep_h get() const noexcept {
    return handle_;
  }

  explicit operator bool() const noexcept {
    return handle_ != nullptr;
  }

  /// True if its messages travel over TCP; asks UCX, which takes its time.
  bool over_tcp() const;

  // -- operations ------------------------------------------------------------

  /// Starts to close by force: all requests end with an error in this or later
  /// progress calls. `pool` tracks the close itself.
  void close(request_pool& pool);

private:
  explicit endpoint(ucp_ep_h handle) noexcept : handle_(handle) {
    // nop
  }

  ucp_ep_h handle_ = nullptr;
};

} // namespace rdma::ucx
