// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/simulation/network.hpp"

#include "caf_rdma/tests/simulation/transport.hpp"

#include <iterator>

namespace rdma_sim {

void network::join(uint64_t incarnation, transport_state* x) {
  workers_[incarnation] = x;
}

void network::leave(uint64_t incarnation) {
  workers_.erase(incarnation);
  for (auto i = wires_.begin(); i != wires_.end();) {
    auto [from, to] = i->first;
    if (from == incarnation)
      for (auto n = dice_.below(3); n > 0 && !i->second.empty(); --n)
        i->second.pop_back();
    if (to == incarnation || i->second.empty())
      i = wires_.erase(i);
    else
      ++i;
  }
}

void network::send(uint64_t from, uint64_t to, item x) {
  if (reachable(to))
    wires_[{from, to}].push_back(std::move(x));
}

void network::cut(
  const std::function<bool(uint64_t from, uint64_t to)>& between) {
  std::erase_if(wires_, [&](auto& kvp) {
    return between(kvp.first.first, kvp.first.second);
  });
}

bool network::deliver() {
  if (wires_.empty())
    return false;
  auto i = std::next(wires_.begin(),
                     static_cast<ptrdiff_t>(dice_.below(wires_.size())));
  workers_.at(i->first.second)->arrive(std::move(i->second.front()));
  i->second.pop_front();
  if (i->second.empty())
    wires_.erase(i);
  return true;
}

} // namespace rdma_sim
