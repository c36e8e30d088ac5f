// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/contract/transport.hpp"

namespace rdma {

class operation;
class prepared_operation;

} // namespace rdma

CAF_BEGIN_TYPE_ID_BLOCK(rdma_actors, caf::id_block::rdma_transport::end)

  CAF_ADD_ATOM(rdma_actors, rdma, await_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, deadline_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, dropped_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, ended_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, final_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, grace_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, link_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, next_atom)

  CAF_ADD_TYPE_ID(rdma_actors, (rdma::operation))
  CAF_ADD_TYPE_ID(rdma_actors, (rdma::prepared_operation))

CAF_END_TYPE_ID_BLOCK(rdma_actors)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::operation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rdma::prepared_operation)
