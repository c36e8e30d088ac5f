// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/write_operation.hpp"

namespace rdma {

write_operation::write_operation(actor_base* self, operation_setup setup,
                                 remote_operation remote)
  : source_operation(self, std::move(setup)), remote_(std::move(remote)) {
  report_.peer = remote_.worker;
}

void write_operation::start() {
  find_link(
    self(), remote_,
    [this](const link_info& x) {
      if (ending())
        return;
      begin_progress({x.id, make_random_id()}, x.lane, remote_.worker);
      offer_to(remote_.secret);
    },
    [this](const caf::error& reason) { finish(reason); });
}

caf::result<metadata> write_operation::describe() {
  return no_metadata();
}

} // namespace rdma
