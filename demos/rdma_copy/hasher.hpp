// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "protocol.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace rdma_copy {

/// Computes the SHA-256 of a file on a thread of its own.
///
/// - hash: adds the block of that number. Blocks may come in any order; the
///   answer comes when the bytes are no longer needed.
/// - digest: the SHA-256 of all blocks; ask only once all have been answered.
using hasher_actor
  = caf::typed_actor<caf::result<void>(hash_atom, uint64_t, buffer_ptr),
                     caf::result<std::string>(digest_atom)>;

/// Spawn it with `caf::detached`.
hasher_actor::behavior_type hasher(hasher_actor::pointer self);

} // namespace rdma_copy
