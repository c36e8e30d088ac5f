// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <vector>

namespace rdma {

class descriptor;
class operation;
class prepared_operation;
struct claim_report;
enum class errc : uint8_t;
struct link_event;
enum class status : uint8_t;
struct metadata;
struct operation_options;
struct report;

/// First CAF type ID of the library. Programs number their own types from
/// `caf::first_custom_type_id` and have 800 of them before they meet ours.
inline constexpr caf::type_id_t first_type_id = caf::first_custom_type_id + 800;

} // namespace rdma

CAF_BEGIN_TYPE_ID_BLOCK(rdma_messages, rdma::first_type_id)

  // -- requests to a connector -----------------------------------------------

  CAF_ADD_ATOM(rdma_messages, rdma, create_writable_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, create_readable_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, begin_write_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, begin_read_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, prepare_write_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, prepare_read_atom)

  // -- requests to an operation ----------------------------------------------

  CAF_ADD_ATOM(rdma_messages, rdma, metadata_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, status_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, wait_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, cancel_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, renew_atom)
  CAF_ADD_ATOM(rdma_messages, rdma, start_atom)

  // -- values ----------------------------------------------------------------

  CAF_ADD_TYPE_ID(rdma_messages, (rdma::errc))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::status))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::metadata))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::operation_options))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::report))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::claim_report))
  CAF_ADD_TYPE_ID(rdma_messages, (std::vector<rdma::descriptor>) )
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::link_event))

  // -- handles ---------------------------------------------------------------

  CAF_ADD_TYPE_ID(rdma_messages, (rdma::operation))
  CAF_ADD_TYPE_ID(rdma_messages, (rdma::prepared_operation))

CAF_END_TYPE_ID_BLOCK(rdma_messages)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::operation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::operation_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::prepared_operation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<rdma::descriptor>)
