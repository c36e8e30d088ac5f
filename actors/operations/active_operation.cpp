// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/actors/operations/active_operation.hpp"

#include <utility>

namespace rdma {

void find_link(operation_core::actor_base* self, const operation_home& home,
               const remote_operation& remote,
               std::function<void(const link_info&)> on_link,
               std::function<void(const caf::error&)> on_error) {
  if (remote.link.id != 0) {
    on_link(remote.link);
    return;
  }
  self->request(home, caf::infinite, link_atom_v, remote.worker)
    .then(std::move(on_link), std::move(on_error));
}

std::optional<claim> make_claim(const remote_operation& remote,
                                const token& reply_secret, uint64_t total) {
  claim result;
  result.secret = remote.secret;
  result.reply_secret = reply_secret;
  result.total = total;
  result.blocks = remote.blocks;
  result.notification = remote.notification;
  result.verify = remote.verify;
  result.priority = remote.priority;
  if (!result.reads() && result.blocks.empty() && !result.notification)
    return std::nullopt;
  return result;
}

caf::error check_notification(const std::string& text, bool listens) {
  if (!listens)
    return make_error(errc::not_granted, "nobody listens for notifications");
  if (text.size() > max_notification_size)
    return make_error(errc::invalid_option,
                      "a notification of " + std::to_string(text.size())
                        + " B, more than "
                        + std::to_string(max_notification_size));
  return {};
}

caf::error no_metadata() {
  return make_error(errc::kind_mismatch,
                    "only writable and readable operations have metadata");
}

} // namespace rdma
