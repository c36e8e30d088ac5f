// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "protocol.hpp"

#include <caf/actor_addr.hpp>

#include <map>
#include <set>
#include <vector>

namespace kv_cluster {

/// Who has asked a node for which job. The jobs of a router that has died only
/// stand in the way of the next one's.
class job_owners {
public:
  /// Returns whether this owner is new, and has to be watched.
  bool add(job_id id, const caf::actor_addr& owner);

  void remove(job_id id);

  /// Removes an owner. Returns its jobs.
  std::vector<job_id> remove(const caf::actor_addr& owner);

private:
  std::map<job_id, caf::actor_addr> owners_;
  std::set<caf::actor_addr> watched_;
};

} // namespace kv_cluster
