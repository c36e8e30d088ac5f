// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "member.hpp"
#include "trace.hpp"

#include <caf/result.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

// What the nodes of the cluster say to each other. Only this goes through CAF:
// the blocks themselves go from prefill to decode nodes by caf-rdma.

namespace kv_cluster {

/// Names a request of the trace and the attempt to serve it.
using job_id = uint64_t;

/// Most that moving the blocks of a job may take; then other nodes get their
/// turn.
inline constexpr auto transfer_deadline = std::chrono::seconds{3};

/// A node keeps what it has for a job no longer, if its router has died and
/// releases nothing.
inline constexpr auto job_lease = std::chrono::seconds{60};

/// Where a decode node finds the blocks of a job, to read them.
struct fetch_plan {
  /// A prefill node. Where its pool is says its entry in the list of members.
  std::string node;
  uint64_t block_size = 0;
  /// Of its pool, one for each block of the job.
  std::vector<uint64_t> slots;
};

template <class Inspector>
bool inspect(Inspector& f, fetch_plan& x) {
  return f.object(x).fields(f.field("node", x.node),
                            f.field("block-size", x.block_size),
                            f.field("slots", x.slots));
}

/// Where a prefill node writes the blocks that a decode node lacks.
struct push_plan {
  /// Of a writable operation for these blocks in their order, as text. Empty if
  /// there are none.
  std::string metadata;
  uint64_t block_size = 0;
  /// Which blocks of the job.
  std::vector<uint64_t> wanted;
};

template <class Inspector>
bool inspect(Inspector& f, push_plan& x) {
  return f.object(x).fields(f.field("metadata", x.metadata),
                            f.field("block-size", x.block_size),
                            f.field("wanted", x.wanted));
}

/// What has become of a job at its decode node.
struct fetch_report {
  uint64_t blocks = 0;
  /// Those that were there before.
  uint64_t hits = 0;
  /// Bytes that were moved, each of which was looked at.
  uint64_t bytes = 0;
  /// From the moment that the bytes were asked for, or room for them.
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

  CAF_ADD_ATOM(kv_cluster, kv_cluster, accept_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, collect_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, describe_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, fetch_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, join_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, left_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, prepare_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, push_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, release_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, report_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, seek_atom)
  CAF_ADD_ATOM(kv_cluster, kv_cluster, submit_atom)

  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::address))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::fetch_plan))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::fetch_report))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::link_report))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::member))
  CAF_ADD_TYPE_ID(kv_cluster, (kv_cluster::push_plan))
  CAF_ADD_TYPE_ID(kv_cluster, (std::vector<kv_cluster::address>) )
  CAF_ADD_TYPE_ID(kv_cluster, (std::vector<kv_cluster::member>) )
  CAF_ADD_TYPE_ID(kv_cluster, (std::vector<uint64_t>) )

CAF_END_TYPE_ID_BLOCK(kv_cluster)

namespace kv_cluster {

/// Knows who is there: every node runs one, and all know each other.
///
/// - join: from another directory, about its own node. Answers with everybody
///   who is known here, this node first.
/// - seek: nodes may be there. Directories tell each other whom they have met.
/// - link_report: from another directory, about a link of its node.
using directory_actor
  = caf::typed_actor<caf::result<std::vector<member>>(join_atom, member),
                     caf::result<void>(seek_atom, std::vector<address>),
                     caf::result<void>(link_report)>;

/// Hears from the directory of its node.
///
/// - join: somebody is there, and can be reached.
/// - left: that member is not there any more.
/// - link_report: from whatever member.
using member_listener
  = caf::typed_actor<caf::result<void>(join_atom, member),
                     caf::result<void>(left_atom, std::string),
                     caf::result<void>(link_report)>;

/// Holds blocks in a pool that decode nodes may read.
///
/// - describe: metadata of a readable operation for the whole pool, as text.
/// - prepare: computes what is not there, and keeps all blocks in place until
///   `release`, or for `job_lease`.
/// - push: the same, and writes the wanted blocks to a decode node. Answered
///   when they are there.
using prefill_actor = caf::typed_actor<
  caf::result<std::string>(describe_atom),
  caf::result<fetch_plan>(prepare_atom, job_id, std::vector<block_id>),
  caf::result<void>(push_atom, job_id, std::vector<block_id>, push_plan),
  caf::result<void>(release_atom, job_id)>;

/// Gets blocks into a pool of its own, and looks at every byte.
///
/// - fetch: reads the blocks that are not there.
/// - accept: makes room for the blocks that are not there, for a prefill node
/// to
///   write to. Until the job ends others that need these blocks wait.
/// - collect: what has become of an accepted job, once it has ended.
/// - release: the accepted job is given up.
using decode_actor = caf::typed_actor<
  caf::result<fetch_report>(fetch_atom, job_id, std::vector<block_id>,
                            fetch_plan),
  caf::result<push_plan>(accept_atom, job_id, std::vector<block_id>),
  caf::result<fetch_report>(collect_atom, job_id),
  caf::result<void>(release_atom, job_id)>;

} // namespace kv_cluster
