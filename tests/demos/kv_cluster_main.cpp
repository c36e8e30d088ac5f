// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/init.hpp"
#include "caf_rdma/demos/kv_cluster/protocol.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include <catch2/catch_session.hpp>

int main(int argc, char* argv[]) {
  rdma::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::kv_cluster>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  return Catch::Session().run(argc, argv);
}
