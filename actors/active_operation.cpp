// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/active_operation.hpp"

#include <utility>

namespace rdma {

void find_link(operation_core::actor_base* self, const remote_operation& remote,
               std::function<void(const link_info&)> on_link,
               std::function<void(const caf::error&)> on_error) {
  if (remote.link.id != 0) {
    on_link(remote.link);
    return;
  }
  self->request(remote.peer, caf::infinite, link_atom_v)
    .then(std::move(on_link), std::move(on_error));
}

caf::error no_metadata() {
  return make_error(errc::kind_mismatch,
                    "only writable and readable operations have metadata");
}

} // namespace rdma
