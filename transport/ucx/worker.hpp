// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/ucx/context.hpp"

#include <caf/expected.hpp>

#include <ucp/api/ucp_def.h>

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace rdma::ucx {

/// Owns a UCX worker. Only the loop's thread may use it.
class worker {
public:
  /// Fails with `limit_reached`, `no_usable_lane` or `transport_failure`.
  static caf::expected<worker> make(const context& ctx);

  worker(worker&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), fd_(other.fd_) {
    // nop
  }

  worker& operator=(worker&&) = delete;

  ~worker();

  ucp_worker_h get() const noexcept {
    return handle_;
  }

  int fd() const noexcept {
    return fd_;
  }

  /// Returns the number of events.
  size_t progress() noexcept;

  /// Returns false if events are pending.
  bool arm() noexcept;

  /// Keeps programs that this process starts from now on from inheriting
  /// connections. Looks at all of them, and so, if there are more than a
  /// hundred, does nothing for most of the time: to be called every now and
  /// then.
  void close_connections_on_exec();

  /// Where other workers can reach this one.
  caf::expected<std::vector<std::byte>> address() const;

  /// Calls `callback` for each complete active message with this ID.
  caf::error receive(unsigned id, ucp_am_recv_callback_t callback, void* arg);

private:
  worker(ucp_worker_h handle, int fd) noexcept : handle_(handle), fd_(fd) {
    // nop
  }

  ucp_worker_h handle_;
  int fd_;
  std::chrono::steady_clock::time_point next_look_; // at connections
};

} // namespace rdma::ucx
