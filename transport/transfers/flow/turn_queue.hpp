// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/priority.hpp"
#include "caf_rdma/transport/base/intrusive_list.hpp"
#include "caf_rdma/transport/contract/transport.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace rdma {

/// Whether a chunk may go whose turn it might be.
enum class admission {
  /// At once, whoever else waits: its link has nothing on its way.
  at_once,
  /// When it is its turn.
  in_turn,
  /// Not before its link has let go of something: see `turn_queue::wake`.
  link_waits,
  /// Not before somebody has. All wait but those that may go at once.
  all_wait,
};

/// True if it may go when it is its turn.
constexpr bool may_go(admission x) noexcept {
  return x == admission::at_once || x == admission::in_turn;
}

/// Chunks that wait for their turn. Links take turns. On a link, transfers of
/// the highest priority take turns, and the chunks of a transfer keep their
/// order. A transfer has the priority that its first chunk comes with.
///
/// What is done costs what it touches, however many wait: a link that has to
/// wait is not asked again before there is a reason to.
template <class T>
class turn_queue {
public:
  bool empty() const noexcept {
    return size_ == 0;
  }

  /// Number of chunks.
  size_t size() const noexcept {
    return size_;
  }

  void push(const transfer_key& of, priority prio, T x) {
    auto& flow = flows_[of];
    if (flow.chunks.empty()) {
      auto& line = lines_.try_emplace(of.link, of.link).first->second;
      flow.among = &line.flows[static_cast<size_t>(prio)];
      flow.place = flow.among->insert(flow.among->end(), of);
      // It may be smaller than what its link has been asked about.
      if (line.at == position::nowhere || line.at == position::parked)
        move(line, position::first);
    }
    flow.chunks.push_back(std::move(x));
    ++size_;
  }

  /// Takes the chunk whose turn it is on the first link that may go, as
  /// `ask(chunk)` says, an `admission`. If a chunk has to wait so has its whole
  /// link: small chunks must not overtake a large one for ever.
  template <class Ask>
  std::optional<T> pop(Ask ask) {
    while (!first_.empty()) {
      auto& line = first_.front();
      auto answer = ask(next(line));
      if (answer == admission::at_once)
        return take(line, position::first);
      move(line, answer == admission::link_waits ? position::parked
                                                 : position::in_turn);
    }
    while (!in_turn_.empty()) {
      auto& line = in_turn_.front();
      auto answer = ask(next(line));
      if (answer == admission::all_wait)
        break;
      if (answer != admission::link_waits)
        return take(line, position::in_turn);
      move(line, position::parked);
    }
    return std::nullopt;
  }

  /// A link has let go of something; `idle`: of all that it had on its way.
  void wake(link_id of, bool idle) {
    auto i = lines_.find(of);
    if (i == lines_.end() || i->second.at == position::shut)
      return;
    if (idle)
      move(i->second, position::first);
    else if (i->second.at == position::parked)
      move(i->second, position::in_turn);
  }

  /// Gives a link no turn any more: what it has here is to be taken out.
  void shut(link_id of) {
    if (auto i = lines_.find(of); i != lines_.end())
      move(i->second, position::shut);
  }

  /// Takes out all chunks of a transfer and calls `f` with each.
  template <class Consumer>
  void remove(const transfer_key& of, Consumer f) {
    auto node = flows_.extract(of);
    if (!node)
      return;
    auto& flow = node.mapped();
    size_ -= flow.chunks.size();
    flow.among->erase(flow.place);
    if (auto i = lines_.find(of.link); i->second.empty())
      lines_.erase(i);
    else
      wake(of.link, false); // what is next may be smaller
    std::ranges::for_each(flow.chunks, f);
  }

  /// Takes at most so many chunks of a link out, which gets no turn any more,
  /// and calls `f` with each. Returns their number.
  template <class Consumer>
  size_t remove(link_id of, size_t most, Consumer f) {
    shut(of);
    size_t n = 0;
    for (; n < most; ++n) {
      auto i = lines_.find(of);
      if (i == lines_.end())
        break;
      std::invoke(f, take(i->second, position::shut));
    }
    return n;
  }

  /// Takes out everything and calls `f` with each.
  template <class Consumer>
  void clear(Consumer f) {
    while (!lines_.empty())
      remove(link_id{lines_.begin()->first}, size_, f);
  }

private:
  using turns = std::list<transfer_key>;

  /// The chunks of a transfer, and its place among those of its link.
  struct flow {
    std::deque<T> chunks;
    turns* among = nullptr;
    turns::iterator place;
  };

  /// Where a link waits.
  enum class position { nowhere, first, in_turn, parked, shut };

  struct by_turn;

  /// The transfers of a link that have a chunk here.
  struct line : list_hook<by_turn> {
    explicit line(link_id x) : id(x) {
      // nop
    }

    bool empty() const noexcept {
      for (auto& x : flows)
        if (!x.empty())
          return false;
      return true;
    }

    /// Not for an empty line.
    turns& highest() noexcept {
      auto i = flows.size() - 1;
      while (flows[i].empty())
        --i;
      return flows[i];
    }

    link_id id;
    std::array<turns, priority_count> flows;
    position at = position::nowhere;
  };

  void move(line& x, position to) {
    x.at = to;
    if (to == position::first)
      first_.push_back(x);
    else if (to == position::in_turn)
      in_turn_.push_back(x);
    else
      x.leave();
  }

  /// Returns the chunk whose turn it is on a link.
  const T& next(line& x) {
    return flows_.at(x.highest().front()).chunks.front();
  }

  T take(line& from, position then) {
    auto& turns = from.highest();
    auto i = flows_.find(turns.front());
    auto& chunks = i->second.chunks;
    auto result = std::move(chunks.front());
    chunks.pop_front();
    --size_;
    if (chunks.empty()) {
      turns.pop_front();
      flows_.erase(i);
    } else {
      turns.splice(turns.end(), turns, turns.begin());
    }
    if (from.empty())
      lines_.erase(from.id);
    else
      move(from, then);
    return result;
  }

  std::unordered_map<transfer_key, flow> flows_;
  std::unordered_map<link_id, line> lines_;
  intrusive_list<line, by_turn> first_;
  intrusive_list<line, by_turn> in_turn_;
  size_t size_ = 0;
};

} // namespace rdma
