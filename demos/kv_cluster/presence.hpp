// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "directory.hpp"

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace kv_cluster {

struct presence_options {
  /// Where the node listens; others must be able to reach it there.
  std::string host = "127.0.0.1";
  /// 0: a free one.
  uint16_t port = 0;
  /// Other nodes; any of them leads to all.
  std::vector<address> seeds;
  /// "http://HOST:PORT" of an etcd server that knows the others. May be empty.
  std::string etcd;
};

/// The presence of a node in the cluster, which ends with this object.
class presence {
public:
  /// Listens, and begins to look for others. `own` need not say where.
  static caf::expected<presence> make(caf::actor_system& sys,
                                      const presence_options& opts, member own,
                                      member_listener listener);

  presence(presence&&) noexcept = default;

  presence& operator=(presence&&) = delete;

  ~presence();

  const directory_impl_actor& directory() const noexcept {
    return directory_;
  }

  const address& place() const noexcept {
    return place_;
  }

private:
  presence() = default;

  directory_impl_actor directory_;
  caf::actor discovery_;
  address place_;
};

} // namespace kv_cluster
