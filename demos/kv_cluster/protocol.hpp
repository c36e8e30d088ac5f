// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "trace.hpp"

#include <caf/result.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>
#include <vector>

// What the nodes of the cluster say to each other. Only this goes through CAF:
// the blocks themselves go from prefill to decode nodes by caf-rdma.

namespace kv_cluster {

/// Names a request of the trace and the attempt to serve it.
using job_id = uint64_t;

/// Where a decode node finds the blocks of a job.
struct fetch_plan {
  /// Of a readable operation for the pool of the prefill node, as text.
  std::string metadata;
  uint64_t block_size = 0;
  /// One for each block of the job.
  std::vector<uint64_t> slots;
};

template <class Inspector>
bool inspect(Inspector& f, fetch_plan& x) {
  return f.object(x).fields(f.field("metadata", x.metadata),
                            f.field("block-size", x.block_size),
                            f.field("slots", x.slots));
}

/// What has become of a job at its decode node.
struct fetch_report {
  uint64_t blocks = 0;
  /// Those that were there before.
  uint64_t hits = 0;
  /// Bytes that were moved, each of which was looked at.
  uint64_t bytes = 0;
  double seconds = 0;
  std::string lane;
};

template <class Inspector>
bool inspect(Inspector& f, fetch_report& x) {
  return f.object(x).fields(f.field("blocks", x.blocks),
                            f.field("hits", x.hits), f.field("bytes", x.bytes),
                            f.field("seconds", x.seconds),
                            f.field("lane", x.lane));
}

} // namespace kv_cluster

CAF_BEGIN_TYPE_ID_BLOCK(kv_cluster, caf::first_custom_type_id)

  CAF_ADD_ATOM(kv_cluster, kv_cluster, join_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, prepare_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, fetch_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, release_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, submit_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, report_atom)

  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::fetch_plan))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::fetch_report))
  CAF_ADD_TYPE_ID(kv_cluster, (std::vector<uint64_t>) )

CAF_END_TYPE_ID_BLOCK(kv_cluster)

namespace kv_cluster {

/// Holds blocks in a pool that decode nodes may read.
///
/// - prepare: computes what is not there, and keeps all blocks in place until
///   `release`, or for `job_lease`.
using prefill_actor
  = caf::typed_actor<caf::result<fetch_plan>(prepare_atom, job_id,
                                             std::vector<block_id>),
                     caf::result<void>(release_atom, job_id)>;

/// Fetches blocks into a pool of its own, and looks at every byte.
using decode_actor = caf::typed_actor<caf::result<fetch_report>(
  fetch_atom, job_id, std::vector<block_id>, fetch_plan)>;

} // namespace kv_cluster

CAF_BEGIN_TYPE_ID_BLOCK(kv_cluster_actors, caf::id_block::kv_cluster::end)

  CAF_ADD_TYPE_ID(kv_cluster_actors, (kv_cluster::prefill_actor))
  CAF_ADD_TYPE_ID(kv_cluster_actors, (kv_cluster::decode_actor))

CAF_END_TYPE_ID_BLOCK(kv_cluster_actors)

namespace kv_cluster {

/// Replays a trace: gives each request to a prefill and a decode node, again
/// until one has served it.
///
/// - join: a node offers its service, under a name that nobody else has, with
///   room for so many blocks. The router watches it.
using router_actor = caf::typed_actor<
  caf::result<void>(join_atom, std::string, uint64_t, prefill_actor),
  caf::result<void>(join_atom, std::string, uint64_t, decode_actor)>;

} // namespace kv_cluster
