// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "buffer.hpp"

#include "caf_rdma/messages/metadata.hpp"

#include <caf/result.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>

namespace rdma_copy {

/// How a put or a get went.
struct summary {
  uint64_t bytes = 0;
  double seconds = 0;
  std::string lane;
  std::string sha256;
};

template <class Inspector>
bool inspect(Inspector& f, summary& x) {
  return f.object(x).fields(f.field("bytes", x.bytes),
                            f.field("seconds", x.seconds),
                            f.field("lane", x.lane),
                            f.field("sha256", x.sha256));
}

} // namespace rdma_copy

CAF_BEGIN_TYPE_ID_BLOCK(rdma_copy, caf::first_custom_type_id)

  // -- between client and server ---------------------------------------------

  CAF_ADD_ATOM(rdma_copy, rdma_copy, upload_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, download_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, grant_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, finish_atom)

  // -- inside of a process ---------------------------------------------------

  CAF_ADD_ATOM(rdma_copy, rdma_copy, load_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, store_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, commit_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, hash_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, digest_atom)
  CAF_ADD_ATOM(rdma_copy, rdma_copy, progress_atom)

  CAF_ADD_TYPE_ID(rdma_copy, (rdma_copy::buffer_ptr))
  CAF_ADD_TYPE_ID(rdma_copy, (rdma_copy::summary))

CAF_END_TYPE_ID_BLOCK(rdma_copy)

namespace rdma_copy {

/// Receives one file. The server runs one for each `put`.
///
/// - grant: the metadata of a writable operation for the next block; the blocks
///   are asked for in order. Answers as soon as a buffer is free.
/// - finish: all blocks are written. Answers when the file is in place, and
///   fails if the server's SHA-256 is another than the client's.
/// - ping: answers at once, however slow the disk is. A session ends if its
///   client is silent.
using upload_actor
  = caf::typed_actor<caf::result<rdma::metadata>(grant_atom, uint64_t),
                     caf::result<void>(finish_atom, std::string),
                     caf::result<void>(caf::ping_atom)>;

/// Sends one file. The server runs one for each `get`.
///
/// - grant: the metadata of a readable operation for the next block; the blocks
///   are asked for in order. Answers as soon as the block is in memory.
/// - finish: all blocks are read. Answers with the file's SHA-256.
/// - ping: as above.
using download_actor
  = caf::typed_actor<caf::result<rdma::metadata>(grant_atom, uint64_t),
                     caf::result<std::string>(finish_atom),
                     caf::result<void>(caf::ping_atom)>;

/// What the server publishes. The server ends a session when the sender of the
/// request goes away.
///
/// - upload: name, size and largest block size. Answers with the block size.
/// - download: name and largest block size. Answers with the file's size and
///   the block size.
using server_actor
  = caf::typed_actor<caf::result<upload_actor, uint64_t>(
                       upload_atom, std::string, uint64_t, uint64_t),
                     caf::result<download_actor, uint64_t, uint64_t>(
                       download_atom, std::string, uint64_t)>;

/// A client may ask for so many blocks ahead.
inline constexpr size_t max_requests = 1024;

} // namespace rdma_copy

CAF_BEGIN_TYPE_ID_BLOCK(rdma_copy_actors, caf::id_block::rdma_copy::end)

  CAF_ADD_TYPE_ID(rdma_copy_actors, (rdma_copy::upload_actor))
  CAF_ADD_TYPE_ID(rdma_copy_actors, (rdma_copy::download_actor))

CAF_END_TYPE_ID_BLOCK(rdma_copy_actors)
