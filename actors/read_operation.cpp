// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/read_operation.hpp"

#include <utility>

namespace rdma {

read_operation::read_operation(actor_base* self, operation_setup setup,
                               remote_operation remote)
  : destination_operation(self, std::move(setup)), remote_(std::move(remote)) {
  report_.peer = remote_.worker.id;
}

void read_operation::start() {
  if (remote_.link.id != 0) {
    begin(remote_.link);
    return;
  }
  auto number = start_number();
  find_link(
    self(), setup().home, remote_,
    [this, number](const link_info& x) {
      if (!ending() && number == start_number())
        begin(x);
    },
    [this, number](const caf::error& reason) {
      if (number == start_number())
        finish(reason);
    });
}

void read_operation::begin(const link_info& x) {
  begin_progress({x.id, make_random_id()}, x.lane, remote_.worker.id);
  auto target = make_sink();
  target.request = make_claim(remote_, secret_, report_.total);
  target.verify = remote_.verify;
  self()->send(setup().transport, std::move(target));
}

void read_operation::set_notification(std::string text) {
  remote_.notification = std::move(text);
}

// A start after one that has failed looks for the peer anew.
void read_operation::on_final() {
  destination_operation::on_final();
  if (report_.status == status::errored)
    remote_.link = {};
}

caf::result<metadata> read_operation::describe() {
  return no_metadata();
}

} // namespace rdma
