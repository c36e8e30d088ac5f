// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/priority.hpp"
#include "caf_rdma/transport/transport.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace rdma {

/// Chunks that wait for their turn. Links take turns. On a link, transfers of
/// the highest priority take turns, and the chunks of a transfer keep their
/// order. A transfer has the priority that its first chunk comes with.
template <class T>
class turn_queue {
public:
  bool empty() const noexcept {
    return flows_.empty();
  }

  /// Number of chunks. Counts them.
  size_t size() const noexcept {
    size_t result = 0;
    for (auto& [key, flow] : flows_)
      result += flow.size();
    return result;
  }

  void push(const transfer_key& of, priority prio, T x) {
    auto& flow = flows_[of];
    if (flow.empty()) {
      auto& line = lines_[of.link];
      if (line.empty())
        links_.push_back(of.link);
      line.flows[static_cast<size_t>(prio)].push_back(of);
    }
    flow.push_back(std::move(x));
  }

  /// Takes the chunk whose turn it is on the first link for which
  /// `permits(chunk)` is true. If it is false the whole link has to wait:
  /// small chunks must not overtake a large one for ever.
  template <class Predicate>
  std::optional<T> pop(Predicate permits) {
    for (auto n = links_.size(); n > 0; --n) {
      auto id = links_.front();
      links_.pop_front();
      auto& line = lines_.at(id);
      auto& turns = line.highest();
      auto& flow = flows_.at(turns.front());
      if (!permits(std::as_const(flow.front()))) {
        links_.push_back(id);
        continue;
      }
      auto result = std::move(flow.front());
      flow.pop_front();
      auto key = turns.front();
      turns.pop_front();
      if (flow.empty())
        flows_.erase(key);
      else
        turns.push_back(key);
      if (line.empty())
        lines_.erase(id);
      else
        links_.push_back(id);
      return result;
    }
    return std::nullopt;
  }

  /// Takes out all chunks of a transfer and calls `f` with each.
  template <class Consumer>
  void remove(const transfer_key& of, Consumer f) {
    auto flow = flows_.extract(of);
    if (!flow)
      return;
    auto i = lines_.find(of.link);
    for (auto& turns : i->second.flows)
      std::erase(turns, of);
    if (i->second.empty())
      drop(i);
    std::ranges::for_each(flow.mapped(), f);
  }

  /// Takes out all chunks of a link and calls `f` with each.
  template <class Consumer>
  void remove(link_id of, Consumer f) {
    auto i = lines_.find(of);
    if (i == lines_.end())
      return;
    auto line = std::move(i->second);
    drop(i);
    for (auto& turns : line.flows)
      for (auto& key : turns)
        std::ranges::for_each(flows_.extract(key).mapped(), f);
  }

  /// Takes out everything and calls `f` with each.
  template <class Consumer>
  void clear(Consumer f) {
    while (!links_.empty())
      remove(links_.front(), f);
  }

private:
  using turns = std::deque<transfer_key>;

  /// The transfers of a link that have a chunk here.
  struct line {
    std::array<turns, priority_count> flows;

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
  };

  using line_map = std::unordered_map<link_id, line>;

  void drop(typename line_map::iterator i) {
    std::erase(links_, i->first);
    lines_.erase(i);
  }

  std::unordered_map<transfer_key, std::deque<T>> flows_;
  line_map lines_;
  std::deque<link_id> links_;
};

} // namespace rdma
