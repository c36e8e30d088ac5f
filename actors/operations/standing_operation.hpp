// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/operation_core.hpp"
#include "caf_rdma/actors/operations/passive_operation.hpp"

#include <caf/actor.hpp>

#include <optional>
#include <unordered_map>
#include <vector>

namespace rdma {

/// What a standing operation is made of, besides its setup.
struct standing_setup {
  metadata description;
  /// Hears of each claim that has ended; may be none.
  caf::actor listener;
};

/// Passive: a grant that serves several claims, each a transfer of its own. It
/// is COMPLETE once all that it may serve are; a claim that fails leaves it as
/// it was. Its end revokes the grant and then ends every claim under way.
class standing_operation : public operation_core {
public:
  static inline const char* name = "rdma.standing";

  standing_operation(actor_base* self, operation_setup setup,
                     standing_setup more);

protected:
  void start() override;

  caf::result<metadata> describe() override;

  void on_final() override;

  void on_cancel(const caf::error& reason) override;

  void release() override;

  std::vector<link_id> stuck_links() const override;

  void give_up_peers() override;

  void count(operation_metrics& metrics) override;

  void handle(const transfer_claimed& x) override;

  void handle(const transfer_progress& x) override;

  void handle(const transfer_landed& x) override;

  void handle(const transfer_settled& x) override;

  void handle(const transfer_failed& x) override;

  void handle(frame& x) override;

private:
  /// A claim under way.
  struct open_transfer {
    transfer_claimed news;
    uint64_t bytes = 0;
    bool withdrawing = false;
    /// Has crossed our withdrawal, and counts more.
    std::optional<transfer_ended> verdict;
  };

  bool writable() const noexcept {
    return description_.kind() == operation_kind::writable;
  }

  /// Takes the destination's word on a claim that the transport has ended.
  void settle(const transfer_key& key, const transfer_ended& verdict);

  /// Bytes that a claim is for.
  uint64_t total_of(const open_transfer& x) const;

  /// Takes a peer's word on a claim of its own.
  void handle(const transfer_key& key, open_transfer& x,
              const transfer_ended& verdict);

  /// Returns what the word means for a claim: none if it is COMPLETE.
  caf::error judge(const open_transfer& x, const transfer_ended& verdict) const;

  /// Ends a claim, unless it is over: reports it once the transport has let go
  /// of the memory. Tells the peer unless it is the peer's own word.
  void end(const transfer_key& key, caf::error reason, bool tell_peer);

  void revoke(const transfer_key& key);

  std::vector<transfer_key> open_keys() const;

  /// Reports a claim that has ended, and forgets it.
  void close(const transfer_key& key, const caf::error& reason);

  void finish_revocation();

  description description_;
  caf::actor listener_;
  token secret_;
  std::unordered_map<transfer_key, open_transfer> open_;
  uint64_t served_ = 0;
  bool revoked_ = false; // the transport serves no more claims
};

} // namespace rdma
