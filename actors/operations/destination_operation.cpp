// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/destination_operation.hpp"

namespace rdma {

sink destination_operation::make_sink() {
  secret_ = make_token();
  return {secret_, setup().local, report_.total, key_, owner()};
}

void destination_operation::on_cancel(const caf::error& reason) {
  finish(reason);
}

void destination_operation::on_landed(const transfer_landed& x) {
  if (x.claim)
    on_claimed(*x.claim);
  settle(status::complete, {});
}

void destination_operation::on_frame(frame& x) {
  if (auto* request = std::get_if<cancel_request>(&x.content))
    finish(remote_end(report_.peer, request->code, request->reason));
  else if (auto* end = std::get_if<transfer_ended>(&x.content);
           end && end->status != status::complete)
    finish(remote_end(report_.peer, end->code, end->reason));
}

void destination_operation::on_final() {
  if (!settled())
    send(last_words());
}

} // namespace rdma
