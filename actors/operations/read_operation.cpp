// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/read_operation.hpp"

#include <utility>

namespace rdma {

void read_operation::begin(const link_info& x) {
  begin_progress({x.id, make_random_id()}, x.lane, remote().worker.id);
  auto target = make_sink();
  target.request = make_claim(remote(), secret_, report_.total);
  target.verify = remote().verify;
  self()->send(setup().transport, std::move(target));
}

} // namespace rdma
