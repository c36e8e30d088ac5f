// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/operation.hpp"
#include "caf_rdma/messages/operation_options.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

namespace rdma {

/// Makes operations. All requests answer at once, before anything has moved.
///
/// - create_writable, create_readable: grant local memory to one active
///   operation of a peer, or to more if the options say so. The answer's
///   `metadata` goes to the peer.
/// - begin_write, begin_read: move bytes to or from the memory that the
///   metadata names. The lists must pair: the same number, equal sizes pair by
///   pair; unless the options name blocks, which must have the same total.
/// - prepare_write, prepare_read: the same, but nothing moves before the
///   operation is started.
///
/// Errors: `no_descriptors`, `null_pointer`, `empty_descriptor`,
/// `read_only_memory`, `count_mismatch`, `size_mismatch`, `kind_mismatch`,
/// `unsupported_device`, `wrong_device`, `device_error`, `bad_selection`,
/// `not_granted`, `invalid_option`, `limit_reached`, `shutting_down`.
using connector_actor = caf::typed_actor<
  caf::result<operation>(create_writable_atom, descriptor_list),
  caf::result<operation>(create_writable_atom, descriptor_list,
                         operation_options),
  caf::result<operation>(create_readable_atom, descriptor_list),
  caf::result<operation>(create_readable_atom, descriptor_list,
                         operation_options),
  caf::result<operation>(begin_write_atom, descriptor_list, metadata),
  caf::result<operation>(begin_write_atom, descriptor_list, metadata,
                         operation_options),
  caf::result<operation>(begin_read_atom, metadata, descriptor_list),
  caf::result<operation>(begin_read_atom, metadata, descriptor_list,
                         operation_options),
  caf::result<prepared_operation>(prepare_write_atom, descriptor_list, metadata,
                                  operation_options),
  caf::result<prepared_operation>(prepare_read_atom, metadata, descriptor_list,
                                  operation_options)>;

} // namespace rdma
