// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/writable_operation.hpp"

#include <utility>

namespace rdma {

writable_operation::writable_operation(actor_base* self, operation_setup setup,
                                       metadata description)
  : destination_operation(self, std::move(setup)),
    description_(std::move(description)) {
  // nop
}

void writable_operation::start() {
  description_.grant_to_peers(self(), setup().transport, make_sink());
}

caf::result<metadata> writable_operation::describe() {
  return description_.give(self());
}

void writable_operation::on_final() {
  destination_operation::on_final();
  description_.refused(outcome_reason());
}

} // namespace rdma
