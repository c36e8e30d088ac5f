// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "cases.hpp"

#include <iosfwd>
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
  /// Transfers per second, median of the rounds.
  double ops_per_s = 0;
};

/// A control's figures, and how the library compares.
struct comparison {
  contender control = contender::raw_ucx;
  figures of;
  /// Median over the rounds of the library's speed divided by the control's:
  /// 1 is as fast, 0.5 takes twice as long.
  double ratio = 0;
};

/// A line of the results.
struct row {
  std::string case_name;
  figure what = figure::latency;
  std::string lane;
  work of;
  loop_mode loop = loop_mode::polling;
  figures library;
  std::vector<comparison> controls;
};

/// Prints tables for people.
void print(std::ostream& out, const std::vector<row>& rows);

/// Returns a JSON array with an object for each row and control.
std::string to_json(const std::vector<row>& rows);

} // namespace transfer_bench
