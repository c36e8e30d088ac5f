// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace rdma::detail {

/// Aborts with a clear message if the actor system is destroyed first: the
/// loop's thread would go on with a system that is gone. CAF has no hook for
/// this, but its registry drops what it holds before the system is gone.
class system_guard {
public:
  explicit system_guard(caf::actor_system& sys);

  ~system_guard();

  system_guard(const system_guard&) = delete;

  system_guard& operator=(const system_guard&) = delete;

private:
  caf::actor_system& system_;
  std::string key_;
};

} // namespace rdma::detail
