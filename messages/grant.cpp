// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/grant.hpp"

#include "caf_rdma/messages/worker_info.hpp"

namespace rdma {

caf::error check(const grant& x, errc code) {
  if (x.workers.size() > max_granted_workers)
    return make_error(code, "a grant to more than "
                              + std::to_string(max_granted_workers)
                              + " workers");
  for (auto& id : x.workers)
    if (id.empty() || id.size() > max_worker_id_size)
      return make_error(code, "a grant to a worker with an ID of "
                                + std::to_string(id.size()) + " B");
  return {};
}

} // namespace rdma
