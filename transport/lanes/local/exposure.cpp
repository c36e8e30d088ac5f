// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/exposure.hpp"

#include "caf_rdma/messages/worker_info.hpp"

namespace rdma::local {

// -- cell_pool ---------------------------------------------------------------

source_cell& cell_pool::acquire() {
  if (idle_.empty()) {
    auto& x = all_.emplace_back();
    idle_.reserve(all_.size()); // so that releasing never allocates
    return x;
  }
  auto* x = idle_.back();
  idle_.pop_back();
  return *x;
}

void cell_pool::release(source_cell& x) {
  idle_.push_back(&x);
}

// -- exposure ----------------------------------------------------------------

exposure::exposure(cell_pool& home, block_list data)
  : home_(&home),
    cell_(&home.acquire()),
    seal_(make_random_id()),
    data_(std::move(data)) {
  auto runs = data_.runs();
  cell_->run_count = runs.size();
  cell_->runs = reinterpret_cast<uintptr_t>(runs.data());
  cell_->seal.store(seal_, std::memory_order_release);
}

exposure& exposure::operator=(exposure&& other) noexcept {
  revoke();
  home_ = std::exchange(other.home_, nullptr);
  cell_ = other.cell_;
  seal_ = other.seal_;
  data_ = std::move(other.data_);
  return *this;
}

exposure::~exposure() {
  revoke();
}

void exposure::revoke() noexcept {
  if (home_ == nullptr)
    return;
  cell_->seal.store(0, std::memory_order_relaxed);
  // Before anything that the owner of the memory writes there from now on.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  home_->release(*cell_);
  home_ = nullptr;
}

} // namespace rdma::local
