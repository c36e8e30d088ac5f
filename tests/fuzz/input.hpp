// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>

namespace rdma::fuzz {

/// Reads an input byte by byte; behind its end everything is 0.
class input {
public:
  input(const uint8_t* data, size_t size) : pos_(data), end_(data + size) {
    // nop
  }

  bool empty() const noexcept {
    return pos_ == end_;
  }

  uint8_t byte() noexcept {
    return empty() ? 0 : *pos_++;
  }

  /// Returns a number below `limit`.
  size_t below(size_t limit) noexcept {
    return byte() % limit;
  }

  /// True once in eight.
  bool rarely() noexcept {
    return byte() % 8 == 7;
  }

private:
  const uint8_t* pos_;
  const uint8_t* end_;
};

} // namespace rdma::fuzz
