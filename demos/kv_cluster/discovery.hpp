// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "directory.hpp"
#include "etcd.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <string>

namespace kv_cluster {

/// What the names of the nodes begin with in etcd.
inline const std::string etcd_prefix = "/caf-rdma/kv_cluster/";

/// Announces a node in etcd, and tells its directory of all that are announced
/// there, every second. To be spawned detached, as calls to etcd block. Says on
/// stderr when etcd fails, and when it works again.
class discovery_state {
public:
  static inline const char* name = "kv.discovery";

  discovery_state(caf::event_based_actor* self, etcd server, std::string node,
                  address place, directory_impl_actor directory);

  discovery_state(const discovery_state&) = delete;

  discovery_state& operator=(const discovery_state&) = delete;

  /// Takes back what it has announced.
  ~discovery_state();

  caf::behavior make_behavior();

private:
  /// Announces, and looks.
  caf::error exchange();

  void say(const caf::error& x);

  caf::event_based_actor* self_;
  etcd server_;
  std::string node_;
  address place_;
  directory_impl_actor directory_;
  caf::error last_;
};

using discovery_impl = caf::stateful_actor<discovery_state>;

} // namespace kv_cluster
