// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/writable_operation.hpp"

#include <utility>

namespace rdma {

writable_operation::writable_operation(actor_base* self, operation_setup setup,
                                       worker_info worker)
  : destination_operation(self, std::move(setup)),
    description_(std::move(worker)) {
  // nop
}

void writable_operation::start() {
  auto grant = make_sink();
  auto value = make_metadata(description_.worker(), secret_,
                             operation_kind::writable, setup().local);
  description_.grant(self(), setup().transport, std::move(grant),
                     std::move(value));
}

caf::result<metadata> writable_operation::describe() {
  return description_.give(self());
}

} // namespace rdma
