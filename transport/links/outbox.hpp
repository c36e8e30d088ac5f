// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/lanes/local/ring.hpp"
#include "caf_rdma/transport/ucx/chunk_observers.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"

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
/// peer. A peer that does not read costs little more than what it was sent: a
/// message that cannot leave takes more until it is full, and waits without
/// room for more.
class outbox {
public:
  // -- constants -------------------------------------------------------------

  /// Data of one message in bytes.
  static constexpr size_t max_data_size = size_t{32} << 10;

  /// Messages that UCX may hold before others wait here.
  static constexpr size_t max_under_way = 4;

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

  /// True if no message is open.
  bool empty() const noexcept {
    return open_.header_size == 0;
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

  /// True, after `flush`, if something could not leave: it has to be called
  /// again when there is room in the ring, or UCX has let go of a message.
  bool stuck() const noexcept {
    return !waiting_.empty() || !empty();
  }

  /// Bytes of messages that could not leave and take no more.
  size_t waiting_bytes() const noexcept {
    return waiting_bytes_;
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

  /// Sends what can leave; tells the observers that all is lost if `to` is
  /// null.
  void flush(ucp_ep_h to);

  /// Hands all that does not go through a ring to UCX, so that what is posted
  /// next comes after it.
  void flush_all(ucp_ep_h to);

  /// Puts further messages into this ring; after `flush_all`.
  void use(local::ring_writer ring) {
    ring_.emplace(std::move(ring));
  }

  /// Sends further messages by UCX again, and those that wait for room.
  void leave_ring() noexcept {
    ring_.reset();
  }

  /// Returns true once if the reader of the ring has to be woken.
  bool reader_sleeps() noexcept {
    return ring_ && ring_->reader_sleeps();
  }

private:
  struct message {
    ucx::buffer header;
    ucx::buffer data;
    size_t header_size = 0;
    size_t data_size = 0;
    std::shared_ptr<ucx::chunk_observers> chunks
      = std::make_shared<ucx::chunk_observers>();
  };

  void encode_frame(const frame& x, ucp_ep_h to);

  /// The open message takes no more: sends it, or lets it wait.
  void close_message(ucp_ep_h to);

  /// Sends the messages that wait, as far as they can leave.
  void drain(ucp_ep_h to);

  /// Returns false if the message has to wait.
  bool try_send(message& x, ucp_ep_h to);

  void post(message& x, ucp_ep_h to);

  /// Ends a message that UCX does not hold.
  void end(message& x, ucs_status_t status);

  /// Gives up the room that a message does not use.
  void pack(message& x);

  ucx::buffer copy_of(ucx::buffer& x, size_t size);

  ucx::request_pool& pool_;
  message open_;
  std::deque<message> waiting_;
  size_t waiting_bytes_ = 0;
  ucx::chunk_observers::counter under_way_ = std::make_shared<size_t>(0);
  std::optional<local::ring_writer> ring_;
};

} // namespace rdma
