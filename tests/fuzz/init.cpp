// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/link_event.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/operation.hpp"
#include "caf_rdma/messages/operation_options.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/tests/fuzz/check.hpp"
#include "caf_rdma/transport/contract/transport.hpp"

#include <caf/init_global_meta_objects.hpp>

int LLVMFuzzerInitialize(int*, char***) {
  caf::init_global_meta_objects<caf::id_block::rdma_messages>();
  caf::init_global_meta_objects<caf::id_block::rdma_transport>();
  caf::core::init_global_meta_objects();
  return 0;
}
