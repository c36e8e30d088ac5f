// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/active_operation.hpp"
#include "caf_rdma/actors/operations/destination_operation.hpp"

namespace rdma {

/// Active: reads a peer's readable operation into the local memory.
class read_operation : public active_operation<destination_operation> {
public:
  static inline const char* name = "rdma.read";

  using active_operation::active_operation;

protected:
  void begin(const link_info& x) override;
};

} // namespace rdma
