// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/transfers/owner_table.hpp"

#include <utility>

namespace rdma {

void owner_table::add(const transfer_key& key, transfer_owner owner) {
  routes_.insert_or_assign(key, std::move(owner));
}

void owner_table::retire(const transfer_key& key, transfer_ended epitaph) {
  if (routes_.erase(key) == 0)
    return;
  if (auto i = epitaphs_.find(key); i != epitaphs_.end()) {
    i->second = std::move(epitaph);
    return;
  }
  oldest_.push_back(key);
  if (oldest_.size() <= max_epitaphs) {
    epitaphs_.emplace(key, std::move(epitaph));
    return;
  }
  auto node = epitaphs_.extract(oldest_.front());
  oldest_.pop_front();
  node.key() = key;
  node.mapped() = std::move(epitaph);
  epitaphs_.insert(std::move(node));
}

const transfer_owner* owner_table::find(const transfer_key& key) const {
  auto i = routes_.find(key);
  return i != routes_.end() ? &i->second : nullptr;
}

const transfer_ended* owner_table::epitaph(const transfer_key& key) const {
  auto i = epitaphs_.find(key);
  return i != epitaphs_.end() ? &i->second : nullptr;
}

} // namespace rdma
