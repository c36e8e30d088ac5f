// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/init.hpp"
#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/messages/link_event.hpp"
#include "caf_rdma/options/runtime_options.hpp"

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace rdma {

class progress_loop;

/// One progress loop plus one UCX worker: everything that caf-rdma needs to
/// run. Declare it after the `actor_system`; it must be destroyed before. In a
/// forked child it must not be destroyed at all: `exec` or `_exit` instead.
/// All member functions may be called from any thread.
class runtime {
public:
  // -- construction, destruction ---------------------------------------------

  /// Starts with the options of the system's configuration.
  static caf::expected<runtime> make(caf::actor_system& sys);

  /// Starts. Errors: `invalid_option`, `limit_reached` (file descriptors),
  /// `ucx_version_mismatch`, `no_usable_lane`, `transport_failure`.
  static caf::expected<runtime> make(caf::actor_system& sys,
                                     runtime_options options);

  runtime(runtime&& other) noexcept;

  runtime& operator=(runtime&&) = delete;

  /// Ends all operations (`shutting_down`), closes all links and stops the
  /// loop; actors on the loop are killed. Takes at most about three times the
  /// option `grace`. May be called on the loop's own thread; then it returns
  /// before the end, and the destructor of the `actor_system` waits for that.
  ~runtime();

  // -- properties ------------------------------------------------------------

  /// Name of this worker.
  const std::string& worker_id() const noexcept;

  /// Release of the UCX library, e.g., "1.13.1".
  const std::string& ucx_version() const noexcept;

  /// What UCX found on this machine, e.g., "self/memory0 tcp/lo".
  const std::string& lanes() const noexcept;

  // -- operations ------------------------------------------------------------

  /// Makes a connector. When the last copy of the handle goes away, all its
  /// operations are cancelled. `name` appears in logs.
  connector_actor spawn_connector(std::string name,
                                  const connector_options& opts = {});

  /// Returns `size` bytes of memory for transfers: aligned to 4 KiB (to 2 MiB
  /// if it is more than 1 MiB), in huge pages where the kernel has them,
  /// registered with UCX, and of any content. It goes back to a pool when the
  /// last copy of the descriptor is gone, which may outlive the runtime. May
  /// wait for the loop. Fails with `empty_descriptor`, `limit_reached` (see the
  /// option `max-pool-bytes`) or `transport_failure`.
  caf::expected<descriptor> allocate(size_t size);

  /// Sends the listener a `link_event` for each link of this runtime that comes
  /// up, ends, or cannot be made, and for those that are up now. Links are made
  /// when they are needed; one that has ended stays down until an operation
  /// needs it again. The listener is not kept alive.
  void watch_links(const link_listener& listener);

  /// The loop, to place actors of your own on it (see `hosted_actor`). They
  /// must not block.
  progress_loop& loop() noexcept;

private:
  class impl;

  explicit runtime(std::unique_ptr<impl> x) noexcept;

  std::unique_ptr<impl> impl_;
};

} // namespace rdma
