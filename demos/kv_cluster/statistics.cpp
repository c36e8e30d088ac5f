// SPDX-License-Identifier: BSD-3-Clause

#include "statistics.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace kv_cluster {

namespace {

double percentile(std::vector<double> xs, double p) {
  if (xs.empty())
    return 0;
  auto n = static_cast<ptrdiff_t>(p * static_cast<double>(xs.size() - 1) + 0.5);
  std::nth_element(xs.begin(), xs.begin() + n, xs.end());
  return xs[static_cast<size_t>(n)];
}

} // namespace

void statistics::add(const fetch_report& x, double latency, size_t attempts) {
  latencies_.push_back(latency);
  if (x.bytes > 0) {
    fetches_.push_back(x.seconds);
    ++lanes_[x.lane];
  }
  blocks_ += x.blocks;
  hits_ += x.hits;
  bytes_ += x.bytes;
  if (attempts > 1)
    recoveries_.push_back(latency);
}

std::vector<statistics::row> statistics::rows(double seconds) const {
  auto count = [](auto x) { return static_cast<double>(x); };
  auto ms = [](const std::vector<double>& xs, double p) {
    return percentile(xs, p) * 1000;
  };
  auto gigabytes = count(bytes_) / 1e9;
  size_t failures = 0;
  for (auto& [why, n] : failures_)
    failures += n;
  return {
    {"requests served", count(served()), 0},
    {"requests lost", count(given_up_), 0},
    {"requests/s", count(served()) / seconds, 1},
    {"blocks", count(blocks_), 0},
    {"hit rate at the decode nodes, %",
     blocks_ == 0 ? 0 : 100 * count(hits_) / count(blocks_), 1},
    {"GB moved, every byte checked", gigabytes, 2},
    {"GB/s", gigabytes / seconds, 2},
    {"time to fetch, p50, ms", ms(fetches_, 0.5), 2},
    {"time to fetch, p99, ms", ms(fetches_, 0.99), 2},
    {"request, p50, ms", ms(latencies_, 0.5), 2},
    {"request, p99, ms", ms(latencies_, 0.99), 2},
    {"nodes lost", count(lost_nodes_), 0},
    {"attempts that failed", count(failures), 0},
    {"requests that needed another attempt", count(recoveries_.size()), 0},
    {"these, p50, ms", ms(recoveries_, 0.5), 2},
    {"these, p99, ms", ms(recoveries_, 0.99), 2},
  };
}

void statistics::print(std::ostream& out, double seconds) const {
  out << "| | |\n|---|---:|\n";
  for (auto& x : rows(seconds))
    out << "| " << x.name << " | " << std::fixed << std::setprecision(x.digits)
        << x.value << " |\n";
  for (auto& [lane, n] : lanes_)
    out << "| fetches on the lane " << lane << " | " << n << " |\n";
  for (auto& [why, n] : failures_)
    out << "| attempts that failed: " << why << " | " << n << " |\n";
}

std::string statistics::to_json(double seconds) const {
  nlohmann::ordered_json result;
  result["seconds"] = seconds;
  for (auto& x : rows(seconds))
    result[x.name] = x.value;
  result["lanes"] = lanes_;
  result["failures"] = failures_;
  return result.dump(2);
}

} // namespace kv_cluster
