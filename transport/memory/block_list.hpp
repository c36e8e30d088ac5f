// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/selection.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rdma {

/// What a transfer between memory and the same memory is told.
inline constexpr const char* same_memory
  = "the source and the destination overlap";

/// Equal blocks of memory at equal distances, as the process that has them
/// addresses them. Peers on this host read it, too: its layout is part of the
/// protocol version that a hello names.
struct memory_run {
  uint64_t address;
  uint64_t length; // bytes of each block, at least 1
  uint64_t stride; // bytes from one to the next; nothing if there is only one
  uint64_t count;  // blocks, at least 1
};

static_assert(sizeof(memory_run) == 32);

/// Blocks of memory one behind the other, addressed by offset. Never changes;
/// copies share their state. Keeps the owners of the memory alive. Costs memory
/// and time by the run, however many blocks each has.
class block_list {
  struct state;

public:
  // -- construction ----------------------------------------------------------

  /// Puts a list together, some runs at a time.
  class builder {
  public:
    builder();

    /// Keeps what `whole` keeps; parts of it can be selected.
    explicit builder(const block_list& whole);

    /// Reserves memory for so many runs.
    void reserve(size_t runs);

    /// Adds the selected parts of the whole list, which was made of
    /// descriptors. The selection must have been checked against their sizes.
    void select(std::span<const block_run> xs);

    void add(memory_run x, device where = cpu);

    /// Returns the list; nothing can be added any more.
    block_list build();

  private:
    std::shared_ptr<state> state_;
  };

  /// No bytes.
  block_list() = default;

  /// One block for each descriptor.
  block_list(descriptor_list xs);

  /// Returns the selected parts of a list that was made of descriptors. The
  /// selection must have been checked against their sizes; everything if it is
  /// empty.
  block_list select(const selection& xs) const;

  // -- properties ------------------------------------------------------------

  /// Bytes.
  uint64_t size() const noexcept {
    return state_ == nullptr ? 0 : state_->ends.back();
  }

  bool empty() const noexcept {
    return state_ == nullptr;
  }

  /// Number of blocks; those that follow each other without a gap may count as
  /// one.
  uint64_t count() const noexcept {
    return state_ == nullptr ? 0 : state_->count;
  }

  /// What it is made of. Lives as long as the list, or a copy of it.
  std::span<const memory_run> runs() const noexcept {
    return state_ == nullptr ? std::span<const memory_run>{}
                             : std::span<const memory_run>{state_->runs};
  }

  /// True if some of the memory is a GPU's: then the CPU must not touch it.
  bool on_device() const noexcept {
    return state_ != nullptr && !state_->devices.empty();
  }

  /// True if some byte of memory belongs to both lists.
  friend bool overlap(const block_list& x, const block_list& y);

  /// Calls `f(std::span<std::byte>)` for each piece of memory behind
  /// `[offset, offset + length)`, which must lie within the list.
  template <class F>
  void for_each(uint64_t offset, uint64_t length, F f) const {
    for_each_placed(offset, length,
                    [&f](std::span<std::byte> x, device) { f(x); });
  }

  /// The same with `f(std::span<std::byte>, device)`.
  template <class F>
  void for_each_placed(uint64_t offset, uint64_t length, F f) const {
    walk(offset, length, [&f](std::span<std::byte> x, device where) {
      f(x, where);
      return true;
    });
  }

  /// Calls `f(std::span<std::byte>)` for each piece of memory in turn, until it
  /// returns false.
  template <class F>
  void for_each_until(uint64_t offset, uint64_t length, F f) const {
    walk(offset, length, [&f](std::span<std::byte> x, device) { return f(x); });
  }

  /// Returns the memory of a range that lies in one block; otherwise nothing.
  std::span<std::byte> only_piece(uint64_t offset, uint64_t length) const {
    std::span<std::byte> result;
    for_each_until(offset, length, [&](std::span<std::byte> x) {
      if (x.size() == length)
        result = x;
      return false;
    });
    return result;
  }

private:
  struct state {
    descriptor_list owners;
    std::shared_ptr<const state> whole; // of a selection
    std::vector<memory_run> runs;       // not empty
    std::vector<uint64_t> ends;         // by run: the bytes up to its end
    std::vector<device> devices;        // by run; none if all are the CPU's
    uint64_t count = 0;                 // of blocks

    void add(memory_run x, device where);
  };

  template <class F>
  void walk(uint64_t offset, uint64_t length, F f) const {
    if (length == 0)
      return;
    auto& [owners, whole, runs, ends, devices, count] = *state_;
    auto first = std::upper_bound(ends.begin(), ends.end(), offset);
    for (auto i = static_cast<size_t>(first - ends.begin()); length > 0; ++i) {
      auto& x = runs[i];
      auto where = devices.empty() ? cpu : devices[i];
      auto skipped = offset - (i == 0 ? 0 : ends[i - 1]);
      auto block = x.count == 1 ? 0 : skipped / x.length;
      auto used = skipped - block * x.length;
      for (; block < x.count && length > 0; ++block, used = 0) {
        auto n = std::min(length, x.length - used);
        auto* data = reinterpret_cast<std::byte*>(x.address + block * x.stride);
        if (!f(std::span{data + used, static_cast<size_t>(n)}, where))
          return;
        offset += n;
        length -= n;
      }
    }
  }

  std::shared_ptr<const state> state_;
};

} // namespace rdma
