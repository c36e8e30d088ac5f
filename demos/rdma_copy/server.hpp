// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"
#include "protocol.hpp"
#include "session.hpp"

#include <caf/actor.hpp>
#include <caf/stateful_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rdma_copy {

/// Opens sessions. Spawn it with `caf::detached`: it opens files.
class server_state {
public:
  static inline const char* name = "rdma_copy.server";

  server_state(server_actor::pointer self, const options& opts,
               rdma::connector_actor connector);

  server_actor::behavior_type make_behavior();

private:
  caf::result<upload_actor, uint64_t>
  upload(const std::string& name, uint64_t size, uint64_t block_size);

  caf::result<download_actor, uint64_t, uint64_t>
  download(const std::string& name, uint64_t block_size);

  session_setup setup(const std::string& name, const layout& file);

  /// Ends the session together with the server.
  void adopt(const caf::actor& session);

  server_actor::pointer self_;
  options options_;
  rdma::connector_actor connector_;
  std::shared_ptr<std::vector<caf::actor>> sessions_
    = std::make_shared<std::vector<caf::actor>>();
};

using server_actor_impl = caf::stateful_actor<server_state, server_actor::base>;

/// Serves until a signal arrives; returns the exit code.
int serve(const options& opts);

} // namespace rdma_copy
