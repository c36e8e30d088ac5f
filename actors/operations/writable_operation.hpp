// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/destination_operation.hpp"
#include "caf_rdma/actors/operations/passive_operation.hpp"

namespace rdma {

/// Passive: waits for a peer's write operation to fill the local memory.
class writable_operation : public destination_operation {
public:
  static inline const char* name = "rdma.writable";

  writable_operation(actor_base* self, operation_setup setup,
                     metadata description);

protected:
  void start() override;

  caf::result<metadata> describe() override;

  void on_final() override;

private:
  description description_;
};

} // namespace rdma
