// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/transport/memory/memory_space.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace gpu_bench {

/// Memory that transfers start or end in.
class device_memory {
public:
  device_memory(rdma::device where, size_t size) : where_(where), size_(size) {
    // nop
  }

  virtual ~device_memory() = default;

  rdma::device where() const noexcept {
    return where_;
  }

  size_t size() const noexcept {
    return size_;
  }

  virtual std::byte* data() const = 0;

  /// Copies from or to memory of the CPU, and waits.
  virtual void write(const std::vector<std::byte>& from) = 0;

  virtual void read(std::vector<std::byte>& to) const = 0;

  /// The control: copies all of it to another one, without the library, and
  /// waits. Memory of the CPU is pinned.
  virtual void copy_to(device_memory& other) const = 0;

private:
  rdma::device where_;
  size_t size_;
};

using device_memory_ptr = std::unique_ptr<device_memory>;

/// Where memory comes from, and the library's view of it.
class memory_source {
public:
  virtual ~memory_source() = default;

  virtual device_memory_ptr make(rdma::device where, size_t size) = 0;

  /// Null: what CUDA finds.
  virtual rdma::memory_space_ptr space() const = 0;

  virtual uint32_t devices() const = 0;
};

/// Pretended GPUs: they show whether this program works, and what the library
/// costs beside memcpy.
std::unique_ptr<memory_source> make_pretended();

/// Real ones. Null if there are none: `why` says so.
std::unique_ptr<memory_source> make_real(std::string& why);

} // namespace gpu_bench
