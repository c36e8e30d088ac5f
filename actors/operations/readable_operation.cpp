// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/readable_operation.hpp"

#include <utility>

namespace rdma {

readable_operation::readable_operation(actor_base* self, operation_setup setup,
                                       metadata description)
  : source_operation(self, std::move(setup)),
    description_(std::move(description)) {
  // nop
}

void readable_operation::start() {
  secret_ = make_token();
  // Without a target: a claim may name it, but nothing may land here.
  description_.grant_to_peers(self(), setup().transport,
                              sink{secret_, {}, report_.total, {}, owner()});
}

caf::result<metadata> readable_operation::describe() {
  return description_.give(self());
}

void readable_operation::on_final() {
  source_operation::on_final();
  description_.refused(outcome_reason());
}

void readable_operation::on_frame(frame& x) {
  if (auto* request = std::get_if<claim>(&x.content))
    offer_to(request->reply_secret, request->verify, request->priority, {});
  else
    source_operation::on_frame(x);
}

} // namespace rdma
