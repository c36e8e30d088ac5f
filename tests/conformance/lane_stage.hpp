// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/tests/actors/pending.hpp"
#include "caf_rdma/tests/fenced/fenced_space.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma_conformance {

/// Two connectors that reach each other over one lane. The suite knows lanes by
/// nothing else.
class lane_stage {
public:
  virtual ~lane_stage() = default;

  /// What `report::lane` must say.
  virtual std::string lane() const = 0;

  /// Bytes of a chunk on this lane.
  virtual size_t chunk_size() const = 0;

  virtual caf::actor_system& system() = 0;

  virtual const rdma::connector_actor& alice() = 0;

  virtual const rdma::connector_actor& bob() = 0;

  /// Lets both work until `pred` holds; returns false if it does not in time.
  virtual bool until(const std::function<bool()>& pred) = 0;

  /// Lets both work for a moment that is longer than any late write.
  virtual void linger() = 0;

  /// Drops the last handle of a connector.
  virtual void drop_bob() = 0;
};

using lane_stage_ptr = std::unique_ptr<lane_stage>;

/// The pretended GPUs of all stages.
const std::shared_ptr<rdma::test::fenced_space>& gpus();

/// Where a scenario's memory is.
struct placement {
  rdma::device sources = rdma::cpu;
  rdma::device destinations = rdma::cpu;

  bool on_gpu() const noexcept {
    return sources != rdma::cpu || destinations != rdma::cpu;
  }
};

/// A lane that the suite is run against.
struct lane_under_test {
  std::string name;
  std::function<lane_stage_ptr()> make;
  placement where = {};
};

/// All of them, with memory of the CPU and of GPUs. A new lane is one more line
/// here.
std::vector<lane_under_test> lanes();

/// Those with memory of GPUs.
std::vector<lane_under_test> gpu_lanes();

} // namespace rdma_conformance
