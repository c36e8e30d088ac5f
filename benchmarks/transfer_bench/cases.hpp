// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "options.hpp"
#include "subject.hpp"
#include "types.hpp"

#include <string>
#include <vector>

namespace transfer_bench {

/// Which figure of a case counts.
enum class figure { latency, bandwidth, rate, share };

/// What a line is compared with.
struct control {
  std::string name;
  subject who;
  work what;
};

/// A line of the results: something that the library does.
struct line {
  std::string case_name;
  figure what = figure::latency;
  subject who;
  work of;
  std::vector<control> controls;
};

/// Lines whose contenders take turns. What several of them need is measured
/// once per round.
struct group {
  std::string name;
  std::vector<line> lines;
};

std::vector<std::string> case_names();

std::vector<std::string> control_names();

/// Returns what the options ask for. `same_host` says whether the two processes
/// can read each other's memory.
std::vector<group> make_groups(const options& opts, bool same_host);

} // namespace transfer_bench
