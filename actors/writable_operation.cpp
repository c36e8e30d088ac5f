// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/writable_operation.hpp"

#include "caf_rdma/actors/passive_operation.hpp"

namespace rdma {

writable_operation::writable_operation(actor_base* self, operation_setup setup,
                                       worker_info worker)
  : destination_operation(self, std::move(setup)) {
  metadata_.worker = std::move(worker);
}

void writable_operation::start() {
  install_sink();
  metadata_ = make_metadata(metadata_.worker, secret_, operation_kind::writable,
                            setup().local);
}

caf::result<metadata> writable_operation::describe() {
  return metadata_;
}

} // namespace rdma
