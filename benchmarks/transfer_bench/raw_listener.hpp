// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace transfer_bench {

/// What a raw control says with each active message.
struct raw_message {
  enum kind : uint32_t {
    /// A chunk comes with this.
    data,
    /// Please send.
    ask,
    /// Please fetch.
    offer,
    /// All is in place.
    ack,
    /// Never sent: everything before has arrived.
    flush,
    bye,
  };

  kind what = data;
  uint32_t slot = 0;
  /// Where this chunk begins in the transfer.
  uint64_t offset = 0;
  /// Bytes and blocks of the whole transfer.
  uint64_t total = 0;
  uint64_t blocks = 1;
};

/// Told by a `raw_worker`; called from within UCX's progress, must not post.
class raw_listener {
public:
  virtual ~raw_listener() = default;

  /// A message without data.
  virtual void on_message(const raw_message& x) = 0;

  /// Returns where a chunk has to go.
  virtual std::span<std::byte> target(const raw_message& x, size_t size) = 0;

  /// A chunk is in place.
  virtual void on_landed(const raw_message& x, size_t size) = 0;

  /// UCX has let go of a chunk, or a flush has ended.
  virtual void on_sent(const raw_message& x) = 0;
};

} // namespace transfer_bench
