// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operation_core.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rdma {

/// What an active operation knows of the other side.
struct remote_operation {
  /// Where the peer was last; none if its ID is 0.
  link_info link;
  worker_info worker;
  token secret;
  /// The parts of its memory to move; all of it if empty.
  selection blocks;
  std::optional<std::string> notification;
  /// Check the CRC32C of every chunk.
  bool verify = false;
};

/// Asks the connector for a link. Calls `on_link` or `on_error`, later.
void find_link(operation_core::actor_base* self, const operation_home& home,
               const remote_operation& remote,
               std::function<void(const link_info&)> on_link,
               std::function<void(const caf::error&)> on_error);

/// Returns what an active operation says to the passive one before any byte
/// moves. A write, which has no reply secret, need not say anything if it fills
/// all of the memory.
std::optional<claim> make_claim(const remote_operation& remote,
                                const token& reply_secret,
                                uint64_t total);

/// The answer of an active operation that is asked for metadata.
caf::error no_metadata();

} // namespace rdma
