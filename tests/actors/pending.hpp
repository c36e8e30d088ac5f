// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/scoped_actor.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace rdma_test {

/// A request whose answer the test looks at when it wants to.
template <class T>
class pending {
public:
  template <class Handle, class... Ts>
  pending(caf::actor_system& sys, const Handle& to, Ts&&... xs)
    : self_(std::make_unique<caf::scoped_actor>(sys)) {
    auto answer = std::make_shared<decltype((*self_)->request(
      to, caf::infinite, std::forward<Ts>(xs)...))>(
      (*self_)->request(to, caf::infinite, std::forward<Ts>(xs)...));
    get_ = [answer] {
      caf::expected<T> result{caf::error{}};
      auto on_error = [&](caf::error& err) { result = std::move(err); };
      if constexpr (std::is_void_v<T>)
        answer->receive([] {}, on_error);
      else
        answer->receive([&](T& x) { result = std::move(x); }, on_error);
      return result;
    };
  }

  bool answered() const {
    return (*self_)->has_next_message();
  }

  /// Returns the answer, which must have come.
  caf::expected<T> get() {
    if (!answered())
      throw std::logic_error("no answer yet");
    return get_();
  }

private:
  std::unique_ptr<caf::scoped_actor> self_;
  std::function<caf::expected<T>()> get_;
};

} // namespace rdma_test
