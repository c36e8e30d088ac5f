// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/init.hpp"

#include "caf_rdma/actors/detail/atoms.hpp"
#include "caf_rdma/actors/detail/handle_proxy.hpp"
#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/link_event.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/operation.hpp"
#include "caf_rdma/messages/operation_options.hpp"
#include "caf_rdma/transport/contract/transport.hpp"

#include <caf/init_global_meta_objects.hpp>

namespace rdma {

void init_global_meta_objects() {
  caf::init_global_meta_objects<caf::id_block::rdma_messages>();
  caf::init_global_meta_objects<caf::id_block::rdma_transport>();
  caf::init_global_meta_objects<caf::id_block::rdma_actors>();
}

} // namespace rdma
