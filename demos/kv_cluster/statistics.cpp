// SPDX-License-Identifier: BSD-3-Clause

#include "statistics.hpp"

#include <algorithm>
#include <limits>

namespace kv_cluster {

double percentile(std::vector<double> xs, double p) {
  if (xs.empty())
    return 0;
  auto n = static_cast<ptrdiff_t>(p * static_cast<double>(xs.size() - 1) + 0.5);
  std::nth_element(xs.begin(), xs.begin() + n, xs.end());
  return xs[static_cast<size_t>(n)];
}

totals::totals(const std::vector<journal_entry>& xs) {
  for (auto& x : xs)
    add(x);
}

double totals::hit_rate() const noexcept {
  if (blocks == 0)
    return std::numeric_limits<double>::quiet_NaN();
  return 100 * static_cast<double>(hits) / static_cast<double>(blocks);
}

void totals::add(const journal_entry& x) {
  ++requests;
  latencies.push_back(x.latency);
  if (x.attempts > 1) {
    ++repeated;
    recoveries.push_back(x.latency);
  }
  blocks += x.report.blocks;
  hits += x.report.hits;
  bytes += x.report.bytes;
  if (x.report.bytes > 0) {
    fetches.push_back(x.report.seconds);
    ++lanes[x.report.lane];
  }
}

} // namespace kv_cluster
