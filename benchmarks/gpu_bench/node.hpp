// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "device_memory.hpp"

#include "caf_rdma/actors/runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gpu_bench {

/// How a runtime is set up.
struct setup {
  std::string lane;
  /// "staged" or "direct".
  std::string path;

  friend bool operator==(const setup&, const setup&) = default;
};

/// The library in one process, with one memory.
class node {
public:
  explicit node(memory_source& from) : source_(from) {
    // nop
  }

  /// Starts a runtime; ends the one before.
  void start(const setup& x);

  void allocate(rdma::device where, size_t size, unsigned seed);

  /// Returns whether the memory holds what was allocated with that seed.
  bool check(unsigned seed) const;

  /// Grants the memory for any number of writes; returns the metadata as text.
  std::string grant();

  /// Writes the memory to a grant, again and again. Returns the seconds of each
  /// time, and gets how the bytes went.
  std::vector<double> write_to(const std::string& grant, size_t times,
                               std::string& lane);

  /// Ends operations.
  void drop();

  const device_memory& memory() const noexcept {
    return *memory_;
  }

private:
  memory_source& source_;
  device_memory_ptr memory_;
  rdma::config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  std::optional<rdma::runtime> runtime_;
  rdma::connector_actor connector_;
  rdma::operation passive_;
};

} // namespace gpu_bench
