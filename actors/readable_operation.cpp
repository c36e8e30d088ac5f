// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/readable_operation.hpp"

#include "caf_rdma/actors/passive_operation.hpp"

namespace rdma {

readable_operation::readable_operation(actor_base* self, operation_setup setup,
                                       worker_info worker)
  : source_operation(self, std::move(setup)) {
  metadata_.worker = std::move(worker);
}

void readable_operation::start() {
  secret_ = make_token();
  metadata_ = make_metadata(metadata_.worker, secret_, operation_kind::readable,
                            setup().local);
  // Without a target: a read request may name it, but nothing may land here.
  self()->send(setup().transport,
               sink{secret_, {}, report_.total, {}, owner()});
}

caf::result<metadata> readable_operation::describe() {
  return metadata_;
}

void readable_operation::on_frame(frame& x) {
  if (auto* request = std::get_if<read_request>(&x.content))
    offer_to(request->reply_secret);
  else
    source_operation::on_frame(x);
}

} // namespace rdma
