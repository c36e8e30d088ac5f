// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/frame.hpp"
#include "caf_rdma/transport/local/ring.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"
#include "caf_rdma/transport/ucx/shipment.hpp"

#include <ucp/api/ucp_def.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>

namespace rdma {

/// ID of the only active-message handler.
inline constexpr unsigned frame_message_id = 1;

/// Collects frames and small chunks for one peer, to be sent as one message: a
/// system call costs more than what stands in it. The header of the message is
/// a sequence of frames, its data are the bytes of their offers. It goes by
/// UCX's active messages, or through a ring in memory that is shared with the
/// peer.
class outbox {
public:
  // -- constants -------------------------------------------------------------

  /// Data of one message in bytes.
  static constexpr size_t max_data_size = size_t{32} << 10;

  static_assert(max_frame_size <= local::ring_reader::max_header_size);
  static_assert(max_data_size <= local::ring_reader::max_data_size);

  // -- construction, destruction ---------------------------------------------

  explicit outbox(ucx::request_pool& pool) : pool_(pool) {
    // nop
  }

  outbox(const outbox&) = delete;

  outbox& operator=(const outbox&) = delete;

  /// Drops what has not been sent.
  ~outbox();

  // -- properties ------------------------------------------------------------

  bool empty() const noexcept {
    return header_size_ == 0;
  }

  /// True if messages go through a ring.
  bool in_ring() const noexcept {
    return ring_.has_value();
  }

  /// Larger chunks travel in a message of their own, in bytes. For a ring there
  /// are none: a transfer of that size is fetched in place.
  size_t max_chunk_size() const noexcept {
    return in_ring() ? max_data_size : size_t{8} << 10;
  }

  /// True if messages wait for room in the ring: `flush` has to be called
  /// again.
  bool stuck() const noexcept {
    return !waiting_.empty();
  }

  // -- operations ------------------------------------------------------------

  /// Adds a frame without data. Sends what is there first if it is full. Drops
  /// a frame that does not fit a message, which none of ours is.
  void add(const frame& x, ucp_ep_h to);

  /// Adds an offer and returns room for its `length` bytes. The observer is
  /// told, with the tag, once they have left.
  std::span<std::byte> add(const frame& x, size_t length, ucp_ep_h to,
                           ucx::request_observer& observer,
                           const ucx::request_tag& tag);

  /// Sends everything; tells the observers that it is lost if `to` is null.
  void flush(ucp_ep_h to);

  /// Puts further messages into this ring. What has been flushed before has
  /// left by UCX.
  void use(local::ring_writer ring) {
    ring_.emplace(std::move(ring));
  }

  /// Sends further messages by UCX again, and those that wait for room.
  void leave_ring(ucp_ep_h to);

  /// Returns true once if the reader of the ring has to be woken.
  bool reader_sleeps() noexcept {
    return ring_ && ring_->reader_sleeps();
  }

private:
  struct message {
    ucx::request* req;
    std::span<std::byte> header;
    std::span<std::byte> data;
  };

  void send(const message& x, ucp_ep_h to);

  /// Puts the messages that wait into the ring, as far as there is room.
  void drain();

  void encode_frame(const frame& x, ucp_ep_h to);

  ucx::request_pool& pool_;
  ucx::request* req_ = nullptr; // while there is something
  std::shared_ptr<ucx::shipment> chunks_;
  std::span<std::byte> header_;
  std::span<std::byte> data_;
  size_t header_size_ = 0;
  size_t data_size_ = 0;
  std::optional<local::ring_writer> ring_;
  std::deque<message> waiting_; // for room in the ring
};

} // namespace rdma
