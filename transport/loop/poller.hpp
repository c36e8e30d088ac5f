// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>

namespace rdma {

/// Source of external events that a progress loop drives, e.g., a UCX worker.
/// All functions run on the loop's thread.
class poller {
public:
  virtual ~poller() = default;

  /// Makes progress without blocking; returns the number of events.
  virtual size_t progress() = 0;

  /// Prepares `fd` to become readable on the next event. Returns false if
  /// events are pending already: the loop must call `progress` again.
  virtual bool arm() = 0;

  /// Becomes readable when an armed poller has events.
  virtual int fd() const noexcept = 0;
};

} // namespace rdma
