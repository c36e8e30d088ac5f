// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>

#include <ucp/api/ucp_def.h>

#include <cstddef>
#include <unordered_map>

namespace rdma::ucx {

/// Memory that is registered with UCX ahead of its use, for as long as it
/// exists. What is not here UCX registers itself when it is first used, and
/// keeps in a cache, if its transport needs that: RDMA hardware does; TCP and
/// shared memory do not.
class registrations {
public:
  explicit registrations(ucp_context_h context) noexcept : context_(context) {
    // nop
  }

  registrations(const registrations&) = delete;

  registrations& operator=(const registrations&) = delete;

  ~registrations() {
    close();
  }

  /// Fails with `transport_failure`, e.g., if so much must not be locked, and
  /// with `shutting_down` once closed.
  caf::error add(void* data, size_t size);

  /// Does nothing if that is not registered.
  void remove(void* data);

  /// Removes all, for good: before the context goes.
  void close();

private:
  ucp_context_h context_;
  std::unordered_map<void*, ucp_mem_h> handles_;
};

} // namespace rdma::ucx
