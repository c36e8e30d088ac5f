// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/operations/operation_core.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/metadata.hpp"

#include <utility>
#include <vector>

namespace rdma {

/// The metadata of a passive operation. It is given away only once the
/// transport knows the grant: a quick peer would be told that there is no such
/// operation.
class description {
public:
  /// Without the secret, which is drawn with the grant.
  explicit description(metadata value) : value_(std::move(value)) {
    // nop
  }

  operation_kind kind() const noexcept {
    return value_.kind;
  }

  const grant& terms() const noexcept {
    return value_.terms;
  }

  /// Hands a sink or a standing grant to the transport.
  template <class Grant>
  void grant_to_peers(operation_core::actor_base* self,
                      const transport_actor& transport, Grant what) {
    value_.secret = what.secret;
    self->request(transport, caf::infinite, std::move(what))
      .then([this] { granted(); },
            [this](const caf::error& reason) { refused(reason); });
  }

  /// Answers a request for the metadata, now or later.
  caf::result<metadata> give(operation_core::actor_base* self);

  /// The operation is over: whoever still waits for metadata gets the reason.
  void refused(const caf::error& reason);

private:
  void granted();

  metadata value_;
  bool granted_ = false;
  caf::error reason_; // why it will not be granted any more
  std::vector<caf::typed_response_promise<metadata>> waiting_;
};

/// Describes a passive operation to the active side, but for its secret.
metadata make_metadata(const worker_info& worker, operation_kind kind,
                       const descriptor_list& local, grant terms);

} // namespace rdma
