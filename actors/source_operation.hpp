// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operation_core.hpp"

namespace rdma {

/// The side that the bytes come from. It offers them and believes only the
/// destination's word on what has become of them.
class source_operation : public operation_core {
public:
  using operation_core::operation_core;

protected:
  void on_cancel(const caf::error& reason) override;

  void on_settled(const transfer_settled& x) override;

  void on_failed(const transfer_failed& x) override;

  void on_frame(frame& x) override;

  void on_final() override;

  /// Offers the local memory to the peer's sink with that secret.
  void offer_to(const token& secret);

private:
  /// Returns the outcome that the destination's word implies, COMPLETE if the
  /// error is none.
  caf::error judge(const transfer_ended& verdict);

  bool offered_ = false;
  /// Why this side has asked the destination to end the transfer.
  caf::error asked_;
};

} // namespace rdma
