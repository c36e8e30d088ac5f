// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/passive_operation.hpp"

#include <utility>

namespace rdma {

void description::granted() {
  granted_ = true;
  for (auto& x : std::exchange(waiting_, {}))
    x.deliver(value_);
}

void description::refused(const caf::error& reason) {
  reason_ = reason;
  for (auto& x : std::exchange(waiting_, {}))
    x.deliver(reason);
}

caf::result<metadata> description::give(operation_core::actor_base* self) {
  if (granted_)
    return value_;
  if (reason_ != caf::none)
    return reason_;
  waiting_.push_back(self->make_response_promise<metadata>());
  return waiting_.back();
}

metadata make_metadata(const worker_info& worker, operation_kind kind,
                       const descriptor_list& local, grant terms) {
  metadata result{worker, {}, kind, {}, std::move(terms)};
  result.descriptors.reserve(local.size());
  for (auto& x : local)
    result.descriptors.push_back({x.size(), x.device()});
  return result;
}

} // namespace rdma
