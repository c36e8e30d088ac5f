// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/passive_operation.hpp"

namespace rdma {

metadata make_metadata(const worker_info& worker, const token& secret,
                       operation_kind kind, const descriptor_list& local) {
  metadata result{worker, secret, kind, {}};
  result.descriptors.reserve(local.size());
  for (auto& x : local)
    result.descriptors.push_back({x.size(), x.device()});
  return result;
}

} // namespace rdma
