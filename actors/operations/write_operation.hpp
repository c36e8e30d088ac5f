// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/active_operation.hpp"
#include "caf_rdma/actors/operations/source_operation.hpp"

namespace rdma {

/// Active: writes the local memory into a peer's writable operation.
class write_operation : public active_operation<source_operation> {
public:
  static inline const char* name = "rdma.write";

  using active_operation::active_operation;

protected:
  void begin(const link_info& x) override;
};

} // namespace rdma
