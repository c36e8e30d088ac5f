// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/link_event.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/operation.hpp"
#include "caf_rdma/messages/operation_options.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <catch2/catch_session.hpp>

int main(int argc, char* argv[]) {
  caf::init_global_meta_objects<caf::id_block::rdma_messages>();
  caf::core::init_global_meta_objects();
  return Catch::Session().run(argc, argv);
}
