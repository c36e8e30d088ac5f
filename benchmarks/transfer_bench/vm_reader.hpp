// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace transfer_bench {

/// Names the memory of this process.
std::string expose_memory();

/// Copies from another process's memory to the same place in ours.
class vm_reader {
public:
  /// Takes what `expose_memory` says there.
  explicit vm_reader(const std::string& line);

  /// Fetches blocks of `memory()`.
  void pull(const std::vector<std::span<std::byte>>& blocks) const;

private:
  /// Fetches one block, in pieces of the size that is best here.
  void pull(std::span<std::byte> block, size_t piece) const;

  /// Measures which piece size is best, once in the process.
  size_t best_piece() const;

  uintptr_t address_of(std::span<std::byte> block) const;

  pid_t pid_ = 0;
  uintptr_t base_ = 0;
  size_t piece_ = 0;
};

} // namespace transfer_bench
