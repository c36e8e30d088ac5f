// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/passive_operation.hpp"
#include "caf_rdma/actors/operations/source_operation.hpp"

namespace rdma {

/// Passive: waits for a peer's read operation to fetch the local memory.
class readable_operation : public source_operation {
public:
  static inline const char* name = "rdma.readable";

  readable_operation(actor_base* self, operation_setup setup,
                     metadata description);

protected:
  void start() override;

  caf::result<metadata> describe() override;

  void on_final() override;

  void on_frame(frame& x) override;

private:
  description description_;
};

} // namespace rdma
