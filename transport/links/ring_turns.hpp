// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/links/ucx_link.hpp"

#include <cstddef>
#include <vector>

namespace rdma {

/// The links whose peers put messages into our rings: a round that does not get
/// to all of them goes on where the last one has stopped. A link that has ended
/// or left its ring is forgotten when its turn comes.
class ring_turns {
public:
  void add(link_id id) {
    links_.push_back(id);
  }

  /// Calls `f(ucx_link&, local::ring_reader&)` for each ring; `f` must not take
  /// links up or down. `find` returns a link that is up, or nullptr.
  template <class Find, class F>
  void for_each(Find find, F f) {
    std::erase_if(links_, [&find, &f](link_id id) {
      ucx_link* x = find(id);
      auto* ring = x != nullptr ? x->ring() : nullptr;
      if (ring != nullptr)
        f(*x, *ring);
      return ring == nullptr;
    });
  }

  /// The same until `f` returns false; the next call goes on behind.
  template <class Find, class F>
  void visit(Find find, F f) {
    for (auto n = links_.size(); n > 0; --n) {
      if (turn_ >= links_.size())
        turn_ = 0;
      auto i = links_.begin() + static_cast<ptrdiff_t>(turn_);
      ucx_link* x = find(*i);
      auto* ring = x != nullptr ? x->ring() : nullptr;
      if (ring == nullptr) {
        links_.erase(i);
        continue;
      }
      ++turn_;
      if (!f(*x, *ring))
        return;
    }
  }

private:
  std::vector<link_id> links_;
  size_t turn_ = 0;
};

} // namespace rdma
