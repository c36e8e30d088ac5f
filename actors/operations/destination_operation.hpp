// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/transfer_operation.hpp"

namespace rdma {

/// The side that the bytes arrive at. It wrote them, so it decides the outcome
/// and tells the source.
class destination_operation : public transfer_operation {
public:
  using transfer_operation::transfer_operation;

protected:
  void on_cancel(const caf::error& reason) override;

  void on_landed(const transfer_landed& x) override;

  void on_frame(frame& x) override;

  void on_final() override;

  /// Draws `secret_`, and returns a grant of the local memory to whoever shows
  /// it.
  sink make_sink();
};

} // namespace rdma
