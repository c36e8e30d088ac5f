// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <ucp/api/ucp.h>

#include <string>

namespace transfer_bench {

/// Registers `memory()` with UCX, for puts and gets of the peer.
class exposed_memory {
public:
  explicit exposed_memory(ucp_context_h context);

  ~exposed_memory();

  exposed_memory(const exposed_memory&) = delete;

  exposed_memory& operator=(const exposed_memory&) = delete;

  /// Returns the remote key as hexadecimal digits.
  std::string key() const;

private:
  ucp_context_h context_;
  ucp_mem_h memory_ = nullptr;
};

} // namespace transfer_bench
