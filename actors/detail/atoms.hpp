// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/contract/transport.hpp"

CAF_BEGIN_TYPE_ID_BLOCK(rdma_actors, caf::id_block::rdma_transport::end)

  CAF_ADD_ATOM(rdma_actors, rdma, await_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, deadline_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, dropped_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, ended_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, final_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, grace_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, link_atom)
  CAF_ADD_ATOM(rdma_actors, rdma, next_atom)

CAF_END_TYPE_ID_BLOCK(rdma_actors)
