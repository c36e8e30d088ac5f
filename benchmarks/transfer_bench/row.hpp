// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "cases.hpp"

#include <optional>
#include <string>
#include <vector>

namespace transfer_bench {

/// What a contender did in all rounds with one kind of work.
struct figures {
  /// Gigabytes (10^9) per second, median of the rounds.
  double gbps = 0;
  /// Microseconds per transfer, over all rounds.
  double p50_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  /// Transfers per second, median of the rounds.
  double ops_per_s = 0;
  /// As in `samples`, median of the rounds.
  std::optional<double> cpu_percent;
  std::optional<double> rss_kib;
  std::optional<double> peer_rss_kib;
};

/// A control's figures, and how the library compares.
struct comparison {
  std::string control;
  figures of;
  /// Median over the rounds of the library's speed divided by the control's:
  /// 1 is as fast, 0.5 takes twice as long.
  double ratio = 0;
  /// Median over the rounds of the difference of the medians.
  double extra_us = 0;
};

/// A line of the results.
struct row {
  line of;
  figures library;
  std::vector<comparison> controls;
};

} // namespace transfer_bench
