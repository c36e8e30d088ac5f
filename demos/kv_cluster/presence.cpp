// SPDX-License-Identifier: BSD-3-Clause

#include "presence.hpp"

#include "discovery.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <optional>
#include <utility>

namespace kv_cluster {

caf::expected<presence> presence::make(caf::actor_system& sys,
                                       const presence_options& opts, member own,
                                       member_listener listener) {
  std::optional<etcd> server;
  if (!opts.etcd.empty()) {
    auto made = etcd::open(opts.etcd);
    if (!made)
      return std::move(made.error());
    server.emplace(std::move(*made));
  }
  presence result;
  auto name = own.name;
  result.directory_ = sys.spawn<directory_impl>(std::move(own), opts.seeds,
                                                std::move(listener));
  auto port = sys.middleman().publish(caf::actor_cast<directory_actor>(
                                        result.directory_),
                                      opts.port, opts.host.c_str(), true);
  if (!port)
    return std::move(port.error());
  result.place_ = {opts.host, *port};
  caf::anon_send(result.directory_, join_atom_v, result.place_);
  if (server)
    result.discovery_ = sys.spawn<discovery_impl, caf::detached>(
      std::move(*server), std::move(name), result.place_, result.directory_);
  return result;
}

presence::~presence() {
  caf::anon_send_exit(discovery_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(directory_, caf::exit_reason::user_shutdown);
}

} // namespace kv_cluster
