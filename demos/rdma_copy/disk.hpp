// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "file.hpp"
#include "protocol.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace rdma_copy {

/// Reads blocks of a file: fills the buffer from the offset on.
using reader_actor
  = caf::typed_actor<caf::result<void>(load_atom, uint64_t, buffer_ptr)>;

/// Writes blocks of a file at their offsets. After `commit` the file is in
/// place.
using writer_actor
  = caf::typed_actor<caf::result<void>(store_atom, uint64_t, buffer_ptr),
                     caf::result<void>(commit_atom)>;

/// Spawn both with `caf::detached`: they wait for the disk.
reader_actor::behavior_type reader(reader_actor::pointer self,
                                   std::shared_ptr<file> source);

writer_actor::behavior_type writer(writer_actor::pointer self,
                                   std::shared_ptr<part_file> target);

} // namespace rdma_copy
