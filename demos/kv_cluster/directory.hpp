// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "protocol.hpp"

#include "caf_rdma/messages/link_event.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kv_cluster {

/// What only its own node says to a directory.
///
/// - join: the node listens there; now it may look for others.
/// - seek: a timer.
using directory_impl_actor
  = directory_actor::extend<caf::result<void>(join_atom, address),
                            caf::result<void>(rdma::link_event),
                            caf::result<void>(seek_atom)>;

/// Joins whatever node it hears of, and from each learns of others; watches
/// them (CAF's monitors) and looks for those that are gone. Members tell each
/// other what becomes of their links.
class directory_state {
public:
  static inline const char* name = "kv.directory";

  /// `own` need not say where the node listens. `listener` may be null.
  directory_state(directory_impl_actor::pointer self, member own,
                  std::vector<address> seeds, member_listener listener);

  directory_impl_actor::behavior_type make_behavior();

private:
  using clock = std::chrono::steady_clock;

  struct entry {
    member what;
    caf::strong_actor_ptr directory;
  };

  /// Somewhere to look for a node.
  struct seed {
    bool for_ever = false;
    bool connecting = false;
    clock::time_point since = clock::now(); // it was there, or named
  };

  caf::result<std::vector<member>> welcome(const member& x);

  void add(const member& x, caf::strong_actor_ptr directory);

  void remove(std::map<std::string, entry>::iterator i);

  /// Joins those that are not members.
  void seek();

  bool knows(const address& x) const;

  void connect(const address& to);

  void join(const address& at, const caf::strong_actor_ptr& directory);

  template <class... Ts>
  void tell_others(const Ts&... xs);

  /// Tells all others what has become of a link of ours.
  void spread(const rdma::link_event& x);

  void tell(const link_report& x);

  directory_impl_actor::pointer self_;
  member own_;
  member_listener listener_;
  std::map<address, seed> seeds_;
  std::map<std::string, entry> members_; // all others, by name
};

using directory_impl = directory_impl_actor::stateful_impl<directory_state>;

} // namespace kv_cluster
