// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/read_operation.hpp"

namespace rdma {

read_operation::read_operation(actor_base* self, operation_setup setup,
                               remote_operation remote)
  : destination_operation(self, std::move(setup)), remote_(std::move(remote)) {
  report_.peer = remote_.worker;
}

void read_operation::start() {
  find_link(
    self(), remote_,
    [this](const link_info& x) {
      if (ending())
        return;
      begin_progress({x.id, make_random_id()}, x.lane, remote_.worker);
      self()->send(setup().transport, make_sink());
      send(read_request{remote_.secret, secret_, report_.total});
    },
    [this](const caf::error& reason) { finish(reason); });
}

caf::result<metadata> read_operation::describe() {
  return no_metadata();
}

} // namespace rdma
