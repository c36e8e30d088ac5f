// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace rdma {

/// What the members of an `intrusive_list` derive from, once for each list that
/// they can be in at the same time. Who is destroyed has left its list.
template <class Tag>
class list_hook {
public:
  list_hook() noexcept : prev_(this), next_(this) {
    // nop
  }

  list_hook(const list_hook&) = delete;

  list_hook& operator=(const list_hook&) = delete;

  ~list_hook() {
    leave();
  }

  /// Leaves the list; nothing if it is in none.
  void leave() noexcept {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

private:
  template <class, class>
  friend class intrusive_list;

  void enter_before(list_hook& x) noexcept {
    leave();
    prev_ = x.prev_;
    next_ = &x;
    prev_->next_ = next_->prev_ = this;
  }

  list_hook* prev_;
  list_hook* next_;
};

/// Members of a table that have something in common, e.g., their link, so that
/// an event costs what it touches and not a walk over the table. Owns nobody,
/// and stays where it is. Entering and leaving take constant time.
template <class T, class Tag>
class intrusive_list {
public:
  bool empty() const noexcept {
    return ends_.next_ == &ends_;
  }

  /// Not for an empty list.
  T& front() noexcept {
    return static_cast<T&>(*ends_.next_);
  }

  /// Puts `x` at the end; it leaves the list that it was in.
  void push_back(T& x) noexcept {
    static_cast<list_hook<Tag>&>(x).enter_before(ends_);
  }

private:
  list_hook<Tag> ends_;
};

} // namespace rdma
