// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/transfer_operation.hpp"

namespace rdma {

/// The side that the bytes come from. It offers them and believes only the
/// destination's word on what has become of them.
class source_operation : public transfer_operation {
public:
  using transfer_operation::transfer_operation;

protected:
  void on_cancel(const caf::error& reason) override;

  void on_settled(const transfer_settled& x) override;

  void on_failed(const transfer_failed& x) override;

  void on_frame(frame& x) override;

  void on_final() override;

  void give_up_peers() override;

  void reset() override;

  /// Offers the local memory to the peer's sink with that secret, after the
  /// claim if there is one.
  void offer_to(const token& secret, bool verify, priority prio,
                std::optional<claim> request);

private:
  /// Returns the outcome that the destination's word implies, COMPLETE if the
  /// error is none.
  caf::error judge(const transfer_ended& verdict);

  bool offered_ = false;
  bool failed_ = false; // on this side, or with the link
  /// Why this side has asked the destination to end the transfer.
  caf::error asked_;
};

} // namespace rdma
