// SPDX-License-Identifier: BSD-3-Clause

#include "discovery.hpp"

#include <chrono>
#include <iostream>
#include <utility>

namespace kv_cluster {

discovery_state::discovery_state(caf::event_based_actor* self, etcd server,
                                 std::string node, address place,
                                 directory_impl_actor directory)
  : self_(self),
    server_(std::move(server)),
    node_(std::move(node)),
    place_(std::move(place)),
    directory_(std::move(directory)) {
  // nop
}

discovery_state::~discovery_state() {
  static_cast<void>(server_.withdraw()); // otherwise its lease ends
}

caf::behavior discovery_state::make_behavior() {
  self_->send(self_, seek_atom_v);
  return {
    [this](seek_atom) {
      say(exchange());
      self_->delayed_send(self_, std::chrono::seconds{1}, seek_atom_v);
    },
  };
}

caf::error discovery_state::exchange() {
  auto err = server_.announce(etcd_prefix + node_, to_string(place_));
  if (err != caf::none)
    return err;
  auto found = server_.list(etcd_prefix);
  if (!found)
    return std::move(found.error());
  std::vector<address> places;
  for (auto& [key, value] : *found)
    if (auto x = address_from(value))
      places.push_back(std::move(*x));
  self_->send(directory_, seek_atom_v, std::move(places));
  return {};
}

void discovery_state::say(const caf::error& x) {
  if (x != last_)
    std::cerr << node_ << ": "
              << (x == caf::none ? "etcd works again" : to_string(x)) << '\n';
  last_ = x;
}

} // namespace kv_cluster
