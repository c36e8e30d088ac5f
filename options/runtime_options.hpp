// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/options/transport_options.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/timespan.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace rdma {

/// Settings of a runtime: group `rdma` of the config file and the command line.
struct runtime_options {
  transport_options transport;
  /// Name of this worker, up to 255 bytes. A worker that keeps its name over a
  /// restart makes its old metadata fail with `stale_metadata`. Empty: host
  /// name, process ID and a random number.
  std::string worker_id;
  /// How long the loop looks for work before it sleeps.
  caf::timespan spin = std::chrono::microseconds{50};
  /// Never sleep: lowest latency, one core busy.
  bool busy_poll = false;
  /// Deadline of active operations that name none.
  caf::timespan active_deadline = std::chrono::seconds{30};
  /// Deadline of passive operations that name none.
  caf::timespan passive_deadline = std::chrono::minutes{5};
  /// How long an ended operation waits for the peer and UCX to let go before
  /// the link is reset.
  caf::timespan grace = std::chrono::seconds{2};
  /// Descriptors of one operation, at most 65,536.
  uint64_t max_descriptors = 65536;
  /// Operations of one connector at the same time.
  uint64_t max_operations = 65536;
  /// What is wrong with the configuration that these were read from: a value
  /// of another type, or a name that is no option. `check` returns it.
  caf::error config_error;

  /// Adds the group `rdma` to a program's options: call it with
  /// `custom_options_` in the constructor of your `actor_system_config`.
  static void add_to(caf::config_option_set& xs);

  /// Reads the group `rdma`; what is not set keeps its default. What cannot be
  /// read is kept in `config_error`: a runtime does not start with it.
  static runtime_options from(const caf::actor_system_config& cfg);
};

/// What one connector does differently from its runtime. Zero means: as the
/// runtime does.
struct connector_options {
  /// Deadline of active operations that name none.
  caf::timespan active_deadline{0};
  /// Deadline of passive operations that name none.
  caf::timespan passive_deadline{0};
  /// Operations at the same time.
  uint64_t max_operations = 0;
};

/// Applies what `x` sets to a copy of `base`.
runtime_options merge(runtime_options base, const connector_options& x);

/// Returns `invalid_option` if a value is outside its range, or if the
/// configuration was wrong.
caf::error check(const runtime_options& x);

/// A ready-made configuration with the group `rdma`.
class config : public caf::actor_system_config {
public:
  config();
};

} // namespace rdma
