// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/write_operation.hpp"

namespace rdma {

void write_operation::begin(const link_info& x) {
  begin_progress({x.id, make_random_id()}, x.lane, remote().worker.id);
  offer_to(remote().secret, remote().verify, remote().priority,
           make_claim(remote(), {}, report_.total));
}

} // namespace rdma
