// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/lanes/local/source_cell.hpp"
#include "caf_rdma/transport/memory/block_list.hpp"

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace rdma::local {

/// Memory for the cells of a runtime's sources. A cell is used again, but never
/// with the same seal, so a peer that comes late sees that its transfer is
/// over.
class cell_pool {
public:
  source_cell& acquire();

  void release(source_cell& x);

private:
  std::deque<source_cell> all_;
  std::vector<source_cell*> idle_;
};

/// Tells peers on this host where a transfer's memory is, for as long as it
/// lives. Whoever has pulled bytes must look at the seal afterwards: only if it
/// is unchanged were they the transfer's.
class exposure {
public:
  // -- construction, destruction ---------------------------------------------

  /// Exposes nothing.
  exposure() noexcept = default;

  exposure(cell_pool& home, block_list data);

  exposure(exposure&& other) noexcept
    : home_(std::exchange(other.home_, nullptr)),
      cell_(other.cell_),
      seal_(other.seal_),
      data_(std::move(other.data_)) {
    // nop
  }

  exposure& operator=(exposure&& other) noexcept;

  /// Breaks the seal: nothing that is pulled from now on counts.
  ~exposure();

  // -- properties ------------------------------------------------------------

  explicit operator bool() const noexcept {
    return home_ != nullptr;
  }

  /// Address of the cell in this process.
  uint64_t cell() const noexcept {
    return reinterpret_cast<uintptr_t>(cell_);
  }

  uint64_t seal() const noexcept {
    return seal_;
  }

  /// Address of the memory if it is one block; otherwise 0.
  uint64_t only_block() const noexcept {
    return data_.count() == 1 ? data_.runs().front().address : 0;
  }

private:
  void revoke() noexcept;

  cell_pool* home_ = nullptr;
  source_cell* cell_ = nullptr;
  uint64_t seal_ = 0;
  block_list data_;
};

} // namespace rdma::local
