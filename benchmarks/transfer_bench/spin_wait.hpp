// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "types.hpp"

#include <chrono>
#include <cstddef>

namespace transfer_bench {

/// Says when a control has been without work for so long that the library's
/// loop would sleep.
class spin_wait {
public:
  explicit spin_wait(loop_mode mode) noexcept : mode_(mode) {
    // nop
  }

  /// Takes note of a round with work.
  void busy() noexcept {
    idle_rounds_ = 0;
  }

  /// Takes note of a round without work; returns whether to sleep now.
  bool tired();

private:
  loop_mode mode_;
  size_t idle_rounds_ = 0;
  std::chrono::steady_clock::time_point idle_since_;
};

} // namespace transfer_bench
