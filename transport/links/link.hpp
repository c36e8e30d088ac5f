// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/lanes/local/exposure.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace rdma {

/// Most chunks that a transfer may be cut into. It bounds the bitmap that the
/// destination keeps; the source takes larger chunks for huge transfers.
inline constexpr uint64_t max_chunks = uint64_t{1} << 20;

/// One chunk on its way out.
struct chunk {
  transfer_key key;
  /// Names a cell if the memory is exposed.
  offer header;
  /// The memory of the transfer, or what its bytes pass through.
  const block_list& data;
  /// Where the chunk begins in the memory, in bytes.
  uint64_t begin;
  /// The transfer's own memory.
  block_list whole;
};

/// The way to one peer. How the destination fetches a chunk is the lane; a lane
/// is one implementation of this interface.
class link {
public:
  virtual ~link() = default;

  virtual link_id id() const noexcept = 0;

  /// Name of the lane, e.g., "ucx".
  virtual std::string lane() const = 0;

  /// Worker ID of the other side.
  virtual const std::string& peer() const noexcept = 0;

  /// Largest chunk that the lane takes, in bytes.
  virtual uint64_t max_chunk_size() const noexcept = 0;

  /// True if the lane itself reads that part of a memory that is a GPU's.
  /// Otherwise it must be offered from host memory.
  virtual bool reads_device(const block_list&, uint64_t, uint64_t) const {
    return false;
  }

  /// True if the peer fetches in place what is not small.
  virtual bool in_place() const noexcept {
    return false;
  }

  /// Exposes the memory of a transfer if the peer can fetch it in place; then
  /// offers name the cell and no bytes are sent. Otherwise exposes nothing.
  virtual local::exposure expose(const block_list& data) = 0;

  /// Sends a control frame; fills in the peer's link ID. Frames on a link that
  /// has failed are dropped.
  virtual void send(frame x) = 0;

  /// The same, of what nobody waits for: it may leave in the next round,
  /// together with what the actors will have said.
  virtual void send_later(frame x) {
    send(std::move(x));
  }

  /// Offers a chunk. Returns true if the lane has made a copy, or needs none,
  /// and does not touch the memory any more. `borrowed`, or `copied` in that
  /// case, is told with the tag (link, transfer, length) once the chunk has
  /// left.
  virtual bool post(const chunk& x, ucx::request_observer& borrowed,
                    ucx::request_observer& copied)
    = 0;
};

} // namespace rdma
