// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/worker_info.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"
#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <utility>

namespace rdma {

/// A chunk that waits at its source.
struct held_bytes {
  /// The lane's name for the bytes; fetched or dropped exactly once.
  void* handle;
  uint64_t length;
};

/// How the owner of the memory gets a chunk that waits at its source.
class lane {
public:
  virtual ~lane() = default;

  /// True if the bytes share a network with heartbeats, and if what breaks a
  /// fetch breaks the link; false if a fetch fails for itself, unless the peer
  /// is lost.
  virtual bool crosses_network() const noexcept = 0;

  /// True if the lane itself writes that part of a memory that is a GPU's.
  /// Otherwise it must be fetched to host memory.
  virtual bool writes_device(const block_list&, uint64_t, uint64_t) const {
    return false;
  }

  /// Cuts the first `length` bytes off a held chunk, if the lane can; otherwise
  /// returns all of it.
  virtual held_bytes split(held_bytes& x, uint64_t) {
    return std::exchange(x, {nullptr, 0});
  }

  /// Fetches the bytes to `offset` of the target. The observer is told, with
  /// the tag, once nothing writes there any more.
  virtual void fetch(held_bytes from, const block_list& target, uint64_t offset,
                     ucx::request_observer& observer,
                     const ucx::request_tag& tag)
    = 0;

  /// Leaves the bytes where they are. Writes nothing.
  virtual void drop(held_bytes x) = 0;

  /// Ends the fetches for a grant early, if the lane can; their observers are
  /// told at once. The first two numbers of their tags are the secret.
  virtual void stop(const token& secret) = 0;

  /// True if a fetch has failed because this process may not use the lane (any
  /// more): the bytes may come another way.
  virtual bool refused(ucs_status_t) const {
    return false;
  }

  /// Says what the status of a failed fetch means.
  virtual caf::error explain(ucs_status_t status) const = 0;
};

} // namespace rdma
