// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/frame.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"
#include "caf_rdma/transport/ucx/shipment.hpp"

#include <ucp/api/ucp_def.h>

#include <cstddef>
#include <memory>
#include <span>

namespace rdma {

/// ID of the only active-message handler.
inline constexpr unsigned frame_message_id = 1;

/// Collects frames and small chunks for one endpoint, to be sent as one active
/// message: a system call costs more than what stands in it. The header of the
/// message is a sequence of frames, its data are the bytes of their offers.
class outbox {
public:
  // -- constants -------------------------------------------------------------

  /// Larger chunks travel in a message of their own, in bytes.
  static constexpr size_t max_chunk_size = size_t{8} << 10;

  /// Data of one message in bytes.
  static constexpr size_t max_data_size = size_t{32} << 10;

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

private:
  void encode_frame(const frame& x, ucp_ep_h to);

  ucx::request_pool& pool_;
  ucx::request* req_ = nullptr; // while there is something
  std::shared_ptr<ucx::shipment> chunks_;
  std::span<std::byte> header_;
  std::span<std::byte> data_;
  size_t header_size_ = 0;
  size_t data_size_ = 0;
};

} // namespace rdma
