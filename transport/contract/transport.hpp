// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/grant.hpp"
#include "caf_rdma/messages/type_ids.hpp"
#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/messages/worker_info.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"

#include <caf/actor_addr.hpp>
#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

// What the actors of the upper room say to a transport, and what it answers.
// All of it stays on one progress loop. A transport moves chunks and frames; it
// does not know what a read or a write operation is.

namespace rdma {

struct link_down;
struct link_info;
struct sink;
struct source;
struct standing_grant;
struct transfer_claimed;
struct transfer_failed;
struct transfer_landed;
struct transfer_progress;
struct transfer_settled;
struct withdrawal;

/// Hears of the end of a link, and of another lane that it goes on with.
using link_watcher = caf::typed_actor<caf::result<void>(link_down),
                                      caf::result<void>(link_info)>;

} // namespace rdma

CAF_BEGIN_TYPE_ID_BLOCK(rdma_transport, caf::id_block::rdma_messages::end)

  CAF_ADD_ATOM(rdma_transport, rdma, connect_atom)
  CAF_ADD_ATOM(rdma_transport, rdma, reset_atom)
  CAF_ADD_ATOM(rdma_transport, rdma, shutdown_atom)
  CAF_ADD_ATOM(rdma_transport, rdma, watch_atom)

  CAF_ADD_TYPE_ID(rdma_transport, (rdma::frame))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::link_down))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::link_info))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::link_watcher))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::sink))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::source))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::standing_grant))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::token))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::transfer_claimed))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::transfer_failed))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::transfer_landed))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::transfer_progress))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::transfer_settled))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::withdrawal))
  CAF_ADD_TYPE_ID(rdma_transport, (rdma::worker_info))

CAF_END_TYPE_ID_BLOCK(rdma_transport)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::frame)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::link_info)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::sink)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::source)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::standing_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::transfer_claimed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::transfer_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::transfer_landed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::transfer_progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::transfer_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::withdrawal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::worker_info)

namespace rdma {

// -- names -------------------------------------------------------------------

/// Names a link in this process: a random number, chosen here, that the peer
/// puts into every frame for us. Never 0.
using link_id = uint64_t;

/// Names a transfer on a link; chosen at random by the active side.
using transfer_id = uint64_t;

struct transfer_key {
  link_id link = 0;
  transfer_id transfer = 0;

  friend auto operator<=>(const transfer_key&, const transfer_key&) = default;
};

// -- events to the owner of a transfer ---------------------------------------

/// A claim, as its owner keeps it.
using claim_ptr = std::shared_ptr<const claim>;

/// A peer has claimed a sink without a link, which belongs to this transfer
/// from now on, or its part of a standing grant.
struct transfer_claimed {
  transfer_key key;
  std::string lane;
  std::string peer;
  /// What the peer has said; none if it just offers all there is to write.
  claim_ptr said = {};
};

/// So many bytes have landed in the sink, or have been let go by the lane at
/// the source (which proves nothing). Not sent for the last chunk. After a
/// withdrawal it says that the lane is still letting go.
struct transfer_progress {
  uint64_t bytes = 0;
  transfer_key key = {};
};

/// Every byte is in the sink, nothing writes there any more, and the source is
/// told so: the transfer is over, COMPLETE, and a withdrawal comes too late.
struct transfer_landed {
  uint64_t bytes = 0;
  /// Of a sink that one chunk has both claimed and filled.
  std::optional<transfer_claimed> claim;
  transfer_key key = {};
};

/// The destination has decided what becomes of a source, and the lane has let
/// go of its memory: the transfer is over, and a withdrawal comes too late. If
/// the lane still holds memory the verdict comes as a frame instead.
struct transfer_settled {
  transfer_ended verdict;
  transfer_key key = {};
};

/// The transfer cannot go on. The lane may still touch the memory until a
/// withdrawal is answered.
struct transfer_failed {
  caf::error reason;
  /// Every byte of a source was offered before: the peer may have them all.
  bool all_offered = false;
  transfer_key key = {};
};

/// Receives the events of a transfer, and the peer's frames about it.
using transfer_owner = caf::typed_actor<
  caf::result<void>(transfer_claimed), caf::result<void>(transfer_progress),
  caf::result<void>(transfer_landed), caf::result<void>(transfer_settled),
  caf::result<void>(transfer_failed), caf::result<void>(frame)>;

// -- events to the watcher of a link -----------------------------------------

struct link_down {
  link_id id = 0;
  caf::error reason;
};

// -- requests ----------------------------------------------------------------

/// A link that is up.
struct link_info {
  link_id id = 0;
  /// How bytes travel: "ucx", "local" or "self".
  std::string lane;
};

/// Grants a peer who shows `secret` to act on the owner's memory.
struct sink {
  token secret;
  /// Where offered bytes go. Empty for a readable operation: no byte may land,
  /// but a `claim` that shows the secret reaches the owner.
  block_list target;
  /// Bytes that a peer must want to move.
  uint64_t total = 0;
  /// The transfer whose offers are taken; `{0, 0}` means the first that comes.
  transfer_key key;
  transfer_owner owner;
  /// Sent to the peer of the transfer once the sink is known.
  std::optional<claim> request = {};
  /// Take no chunk without its checksum.
  bool verify = false;
};

/// Grants peers who show `secret` claims on the owner's memory, any number at
/// the same time. Each claim is a transfer of its own with the same owner, and
/// ends like one: its sink has the secret `claim_secret(key)`. A claim to read
/// is served at once: the owner hears of it, but need not start a source.
struct standing_grant {
  token secret;
  /// As many blocks as there are descriptors.
  block_list memory;
  /// Peers write to the memory; otherwise they read it.
  bool writable = false;
  grant terms;
  transfer_owner owner;
};

/// Names the sink of a claim.
inline token claim_secret(const transfer_key& key) noexcept {
  return {key.link, key.transfer};
}

/// Offers the owner's bytes to a peer, chunk by chunk.
struct source {
  transfer_key key;
  /// The secret of the peer's sink.
  token secret;
  block_list data;
  transfer_owner owner;
  /// Of the owner's own sink that the peer has claimed; the default names none.
  token claimed_secret = {};
  /// Sent before the offers.
  std::optional<claim> request = {};
  /// Put its checksum into every offer.
  bool verify = false;
  rdma::priority priority = rdma::priority::normal;
};

/// Ends a transfer on this side: no further chunk is posted or accepted.
/// Answered once the lane has let go of the memory.
struct withdrawal {
  /// Of the sink; the default names none.
  token secret;
  /// Of the source or of the claimed sink; the default names none.
  transfer_key key;
  /// What late frames for this transfer are answered with.
  transfer_ended epitaph;
};

/// The loop's face. Frames carry our own link ID in `frame::link_id`.
///
/// - connect: answers with a link to that worker, which may be up already, or
///   with `peer_unreachable`, `stale_metadata`, `limit_reached`. The watcher
///   hears of its end.
/// - frame: sends a frame; it is dropped if the link is gone.
/// - sink, standing_grant, source, withdrawal: see there. Sinks and grants are
///   answered once peers may use them.
/// - reset: closes a link by force; its transfers fail with the given error.
/// - watch: the actor, a `link_listener`, hears of all links from now on, and
/// of
///   those that are up. It is not kept alive.
/// - shutdown: closes all links; answered once UCX holds no request any more.
using transport_actor
  = caf::typed_actor<caf::result<link_info>(connect_atom, worker_info,
                                            link_watcher),
                     caf::result<void>(frame), caf::result<void>(sink),
                     caf::result<void>(standing_grant),
                     caf::result<void>(source), caf::result<void>(withdrawal),
                     caf::result<void>(reset_atom, uint64_t, caf::error),
                     caf::result<void>(watch_atom, caf::actor_addr),
                     caf::result<void>(shutdown_atom)>;

} // namespace rdma

template <>
struct std::hash<rdma::transfer_key> {
  size_t operator()(const rdma::transfer_key& x) const noexcept {
    return static_cast<size_t>(x.link ^ (x.transfer << 1)); // random already
  }
};
