// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "session.hpp"
#include "types.hpp"

#include <string>
#include <vector>

namespace transfer_bench {

/// Which figure of a case counts.
enum class figure { latency, bandwidth };

/// Kinds of work that are measured in the same way.
struct bench_case {
  std::string name;
  figure what;
  /// Who asks the library for transfers.
  std::vector<caller> callers;
  std::vector<contender> controls;
  std::vector<work> works;
};

std::vector<std::string> case_names();

std::vector<bench_case> make_cases(bool quick);

} // namespace transfer_bench
