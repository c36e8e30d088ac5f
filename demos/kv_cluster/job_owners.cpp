// SPDX-License-Identifier: BSD-3-Clause

#include "job_owners.hpp"

namespace kv_cluster {

bool job_owners::add(job_id id, const caf::actor_addr& owner) {
  owners_.insert_or_assign(id, owner);
  return watched_.insert(owner).second;
}

void job_owners::remove(job_id id) {
  owners_.erase(id);
}

std::vector<job_id> job_owners::remove(const caf::actor_addr& owner) {
  std::vector<job_id> result;
  for (auto& [id, x] : owners_)
    if (x == owner)
      result.push_back(id);
  for (auto id : result)
    owners_.erase(id);
  watched_.erase(owner);
  return result;
}

} // namespace kv_cluster
