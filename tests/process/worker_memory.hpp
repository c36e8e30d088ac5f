// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/tests/fenced/fenced_space.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rdma_test {

/// The pretended GPUs of this process if RDMA_TEST_GPU is set: then all memory
/// of operations is theirs. Otherwise null.
std::shared_ptr<rdma::test::fenced_space> gpus();

/// Memory of one operation.
class worker_memory {
public:
  /// No bytes.
  worker_memory() = default;

  /// `sizes` is "N", "NxCOUNT" or "N,N,...".
  explicit worker_memory(const std::string& sizes);

  rdma::descriptor_list describe() const;

  /// Writes a pattern that depends on the seed.
  void fill(uint64_t seed);

  /// Returns the number of the first byte that is not of that pattern.
  std::optional<size_t> first_unlike(uint64_t seed) const;

  /// Overwrites everything with a byte that says so.
  void poison();

  std::optional<size_t> first_not_poisoned() const;

  size_t size() const;

private:
  struct block {
    std::byte* address; // a GPU's, or the view's
    std::span<std::byte> view;
    rdma::device where;
    std::shared_ptr<const void> owner;
  };

  std::vector<block> blocks_;
};

} // namespace rdma_test
