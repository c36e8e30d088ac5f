// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace rdma {

/// What the members of a `chain` derive from, once for each chain that they can
/// be in at the same time. Who is destroyed has left its chain.
template <class Tag>
class chain_link {
public:
  chain_link() noexcept : prev_(this), next_(this) {
    // nop
  }

  chain_link(const chain_link&) = delete;

  chain_link& operator=(const chain_link&) = delete;

  ~chain_link() {
    leave();
  }

  /// Leaves the chain; nothing if it is in none.
  void leave() noexcept {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

private:
  template <class, class>
  friend class chain;

  void enter_before(chain_link& x) noexcept {
    leave();
    prev_ = x.prev_;
    next_ = &x;
    prev_->next_ = next_->prev_ = this;
  }

  chain_link* prev_;
  chain_link* next_;
};

/// Members of a table that have something in common, e.g., their link, so that
/// an event costs what it touches and not a walk over the table. Owns nobody,
/// and stays where it is. Entering and leaving take constant time.
template <class T, class Tag>
class chain {
public:
  bool empty() const noexcept {
    return ends_.next_ == &ends_;
  }

  /// Not for an empty chain.
  T& front() noexcept {
    return static_cast<T&>(*ends_.next_);
  }

  /// Puts `x` at the end; it leaves the chain that it was in.
  void push_back(T& x) noexcept {
    static_cast<chain_link<Tag>&>(x).enter_before(ends_);
  }

private:
  chain_link<Tag> ends_;
};

} // namespace rdma
