// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/readable_operation.hpp"

#include <utility>

namespace rdma {

readable_operation::readable_operation(actor_base* self, operation_setup setup,
                                       worker_info worker)
  : source_operation(self, std::move(setup)), description_(std::move(worker)) {
  // nop
}

void readable_operation::start() {
  secret_ = make_token();
  auto value = make_metadata(description_.worker(), secret_,
                             operation_kind::readable, setup().local);
  // Without a target: a read request may name it, but nothing may land here.
  description_.grant(self(), setup().transport,
                     sink{secret_, {}, report_.total, {}, owner()},
                     std::move(value));
}

caf::result<metadata> readable_operation::describe() {
  return description_.give(self());
}

void readable_operation::on_frame(frame& x) {
  if (auto* request = std::get_if<read_request>(&x.content))
    offer_to(request->reply_secret);
  else
    source_operation::on_frame(x);
}

} // namespace rdma
