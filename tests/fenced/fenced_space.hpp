// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/memory/memory_space.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rdma::test {

/// Memory of a pretended GPU.
class fenced_memory {
public:
  fenced_memory(device where, size_t size);

  fenced_memory(const fenced_memory&) = delete;

  fenced_memory& operator=(const fenced_memory&) = delete;

  ~fenced_memory();

  device where() const noexcept {
    return where_;
  }

  /// What a GPU's pointer is: a fault on any access.
  std::byte* address() const noexcept {
    return fence_;
  }

  size_t size() const noexcept {
    return size_;
  }

  /// What is in the memory; for tests.
  std::span<std::byte> view() const noexcept {
    return {view_, size_};
  }

private:
  device where_;
  size_t size_;
  std::byte* fence_;
  std::byte* view_;
};

using fenced_memory_ptr = std::shared_ptr<fenced_memory>;

/// An event of a pretended GPU.
struct fenced_event {
  std::atomic<bool> done = false;

  CUevent_st* handle() noexcept {
    return reinterpret_cast<CUevent_st*>(this);
  }

  /// For a stream that is done with its work when the event is.
  CUstream_st* stream() noexcept {
    return reinterpret_cast<CUstream_st*>(this);
  }
};

/// Two pretended GPUs, whose memory only copies can reach. A copy takes place
/// at its very end, so that whoever takes its memory back too early is found
/// out. Thread-safe. Copies fail if they touch memory that is not there or not
/// pinned.
class fenced_space : public memory_space {
public:
  static constexpr uint32_t device_count = 2;

  // -- what tests do ---------------------------------------------------------

  fenced_memory_ptr allocate(device where, size_t size);

  /// Lets copies take so long; otherwise they end when they are looked at for
  /// the second time.
  void delay(std::chrono::nanoseconds x) {
    delay_ = x;
  }

  /// Copies do not end until `let_go`.
  void hold() {
    held_ = true;
  }

  void let_go() {
    held_ = false;
  }

  /// The copy after the next `n` fails, and so do all after it until `heal`.
  void fail_after(size_t n) {
    std::lock_guard guard{mutex_};
    failing_in_ = static_cast<ptrdiff_t>(n);
  }

  void heal() {
    std::lock_guard guard{mutex_};
    failing_in_.reset();
  }

  /// Number of copies that have been asked for.
  size_t copies() const noexcept {
    return copies_;
  }

  /// Number of copies that have not ended.
  size_t under_way() const noexcept {
    return under_way_;
  }

  // -- overrides of memory_space ---------------------------------------------

  uint32_t devices() const override {
    return device_count;
  }

  std::string description() const override {
    return "pretended GPUs";
  }

  caf::expected<device> locate(const void* data, size_t size) override;

  caf::error pin(std::span<std::byte> memory) override;

  void unpin(std::span<std::byte> memory) override;

  caf::expected<device_work_ptr>
  copy(copy_direction to, std::span<const copy_part> parts) override;

  caf::expected<device_work_ptr> await(const device_sync& x) override;

  caf::error signal(CUevent_st* event) override;

private:
  class fenced_copy;

  /// Copies one part, or says what is wrong with it.
  caf::error perform(copy_direction to, const copy_part& x);

  /// Returns the view of memory that a copy may touch; null if it may not.
  std::byte* reach(device where, std::byte* address, size_t size);

  bool pinned(const std::byte* address, size_t size);

  std::mutex mutex_;
  std::map<std::byte*, std::weak_ptr<fenced_memory>> memory_;
  std::map<const std::byte*, size_t> pinned_;
  std::atomic<std::chrono::nanoseconds> delay_{};
  std::atomic<bool> held_ = false;
  std::optional<ptrdiff_t> failing_in_;
  std::atomic<size_t> copies_ = 0;
  std::atomic<size_t> under_way_ = 0;
};

} // namespace rdma::test
