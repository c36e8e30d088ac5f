// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operation_core.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/metadata.hpp"

#include <vector>

namespace rdma {

/// The metadata of a passive operation. It is given away only once the
/// transport knows the grant: a quick peer would be told that there is no such
/// operation.
class description {
public:
  explicit description(worker_info worker) {
    value_.worker = std::move(worker);
  }

  const worker_info& worker() const noexcept {
    return value_.worker;
  }

  /// Hands the grant to the transport; `what` is how peers may know it.
  void grant(operation_core::actor_base* self, const transport_actor& transport,
             sink what, metadata value);

  /// Answers a request for the metadata, now or later.
  caf::result<metadata> give(operation_core::actor_base* self);

private:
  metadata value_;
  bool granted_ = false;
  std::vector<caf::typed_response_promise<metadata>> waiting_;
};

/// Describes a passive operation to the active side.
metadata make_metadata(const worker_info& worker, const token& secret,
                       operation_kind kind, const descriptor_list& local);

} // namespace rdma
