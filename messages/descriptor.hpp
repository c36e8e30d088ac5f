// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/device.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace rdma {

/// Names a block of local memory that an operation reads or writes.
///
/// The memory must stay valid until the operation reports a final status. A
/// descriptor may carry an owner, which the operation keeps alive for so long.
/// Descriptors are local: they never leave the process.
class descriptor {
public:
  // -- construction ----------------------------------------------------------

  /// Describes `size` bytes of writable memory. Without `where` the operation
  /// asks CUDA, if there is any, where the memory is.
  descriptor(void* data, size_t size,
             std::optional<rdma::device> where = std::nullopt,
             std::shared_ptr<const void> owner = nullptr) noexcept;

  /// Describes `size` bytes that may only be read: the source of a write
  /// operation or of a readable operation.
  descriptor(const void* data, size_t size,
             std::optional<rdma::device> where = std::nullopt,
             std::shared_ptr<const void> owner = nullptr) noexcept;

  /// Describes a span of trivially copyable elements in CPU memory.
  template <class T, size_t N>
  requires std::is_trivially_copyable_v<T>
  descriptor(std::span<T, N> xs, std::shared_ptr<const void> owner = nullptr)
  noexcept : descriptor(xs.data(), xs.size_bytes(), cpu, std::move(owner)) {
    // nop
  }

  // -- properties ------------------------------------------------------------

  std::byte* data() const noexcept {
    return data_;
  }

  /// Bytes.
  size_t size() const noexcept {
    return size_;
  }

  /// Where the memory is; the CPU if nobody has said.
  rdma::device device() const noexcept {
    return device_.value_or(cpu);
  }

  /// True if somebody has said where the memory is.
  bool placed() const noexcept {
    return device_.has_value();
  }

  bool read_only() const noexcept {
    return read_only_;
  }

  // -- operations ------------------------------------------------------------

  void place(rdma::device where) noexcept {
    device_ = where;
  }

  /// Two descriptors are equal if they name the same memory.
  friend bool operator==(const descriptor& x, const descriptor& y) noexcept;

private:
  std::byte* data_;
  size_t size_;
  std::optional<rdma::device> device_;
  bool read_only_;
  std::shared_ptr<const void> owner_;
};

using descriptor_list = std::vector<descriptor>;

std::string to_string(const descriptor& x);

/// What a peer may know of a descriptor.
struct remote_descriptor {
  /// Bytes, at least 1.
  uint64_t size = 0;
  rdma::device device;

  friend bool operator==(const remote_descriptor&, const remote_descriptor&)
    = default;
};

/// How a list of local descriptors is going to be used.
enum class access_mode { source, destination };

/// Checks that a list is fit for `use`: at least one and at most `limit`
/// descriptors, no null pointer, no empty block, no block past the end of all
/// addresses, no read-only destination, no overflow of the sum of the sizes.
caf::error check(const descriptor_list& xs, access_mode use, size_t limit);

/// Checks that the local list pairs with the remote one: same number, equal
/// sizes pair by pair.
caf::error check_pairs(const descriptor_list& local,
                       const std::vector<remote_descriptor>& remote);

/// Returns the sum of the sizes in bytes.
uint64_t total_size(const descriptor_list& xs) noexcept;

} // namespace rdma
