// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/operation_core.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rdma {

/// An operation that is one transfer, or one at a time. Its end withdraws the
/// transfer; if that has ended by itself, `settle` decides and reports at once.
class transfer_operation : public operation_core {
public:
  using operation_core::operation_core;

protected:
  // -- what the four operations differ in ------------------------------------

  virtual void on_claimed(const transfer_claimed& x);

  virtual void on_landed(const transfer_landed& x);

  virtual void on_settled(const transfer_settled& x);

  virtual void on_failed(const transfer_failed& x);

  virtual void on_frame(frame& x) = 0;

  // -- overrides of operation_core -------------------------------------------

  void reset() override;

  void release() override;

  std::vector<link_id> stuck_links() const override;

  void handle(const transfer_claimed& x) override;

  void handle(const transfer_progress& x) override;

  void handle(const transfer_landed& x) override;

  void handle(const transfer_settled& x) override;

  void handle(const transfer_failed& x) override;

  void handle(frame& x) override;

  // -- what they share -------------------------------------------------------

  /// Takes over an outcome that the transport reports with the end of the
  /// transfer; it counts more than what this side may have wanted meanwhile.
  void settle(status outcome, caf::error reason);

  void begin_progress(const transfer_key& key, std::string lane,
                      std::string peer);

  /// Sends a frame about this transfer; dropped if there is no link.
  template <class Content>
  void send(Content content) {
    if (key_.link != 0)
      self()->send(setup().transport,
                   frame{key_.link, key_.transfer, std::move(content)});
  }

  /// True if the transport has ended the transfer, and the peer knows.
  bool settled() const noexcept {
    return settled_;
  }

  /// The secret of the sink that belongs to this operation; may be none.
  token secret_;
  transfer_key key_;

private:
  /// True for news of an earlier start.
  bool stale(const transfer_key& key) const noexcept {
    return setup().prepared && key != key_;
  }

  bool withdrawing_ = false;
  bool settled_ = false;
};

} // namespace rdma
