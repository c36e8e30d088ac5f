// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "raw_node.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace transfer_bench {

/// The protocol of the library's lane `ucx` (chunks of the same size, the same
/// window, eager or rendezvous by the same rule, an acknowledgement) in as few
/// lines as UCX allows.
class message_node : public raw_node {
public:
  /// `what` is `raw_ucx` or `raw_eager`.
  message_node(loop_mode mode, contender what);

protected:
  void begin(size_t slot) override;

  void settle() override;

  void on_message(const raw_message& x) override;

  std::span<std::byte> target(const raw_message& x, size_t size) override;

  void on_landed(const raw_message& x, size_t size) override;

  void on_sent(const raw_message& x) override;

private:
  /// What leaves this side, by slot.
  struct outgoing {
    uint64_t total = 0;
    uint64_t posted = 0;
    uint64_t in_flight = 0;
    bool acknowledged = false;
    /// We are the active side.
    bool ours = false;
  };

  struct transfer {
    outgoing out;
    /// Bytes that have come to this side.
    uint64_t landed = 0;
  };

  transfer& at(size_t slot);

  /// Posts what the window of a slot has room for.
  void refill(size_t slot);

  /// Ends a write that is over on both sides.
  void check(size_t slot);

  uint64_t chunk_size_;
  uint64_t window_;
  std::vector<transfer> transfers_;
  std::vector<size_t> to_refill_;
  std::vector<size_t> to_acknowledge_;
  std::vector<size_t> scratch_;
};

} // namespace transfer_bench
