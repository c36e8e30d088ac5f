// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "row.hpp"
#include "types.hpp"

#include <vector>

namespace transfer_bench {

/// What one contender did with one kind of work, round by round.
class series {
public:
  void add(const work& x, const samples& y);

  figures summary() const;

  comparison compare(const control& name, figure what,
                     const series& other) const;

private:
  std::vector<double> us_;
  // Of each round:
  std::vector<double> p50_us_;
  std::vector<double> gbps_;
  std::vector<double> ops_per_s_;
  std::vector<double> cpu_percent_;
  std::vector<double> rss_kib_;
  std::vector<double> peer_rss_kib_;
};

} // namespace transfer_bench
