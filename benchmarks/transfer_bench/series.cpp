// SPDX-License-Identifier: BSD-3-Clause

#include "series.hpp"

namespace transfer_bench {

namespace {

void append(std::vector<double>& to, const std::optional<double>& x) {
  if (x)
    to.push_back(*x);
}

std::optional<double> median(const std::vector<double>& xs) {
  if (xs.empty())
    return std::nullopt;
  return percentile(xs, 0.5);
}

/// Returns the median of `f` over the rounds that both have.
template <class F>
double median_of_rounds(const std::vector<double>& xs,
                        const std::vector<double>& ys, F f) {
  std::vector<double> result;
  for (size_t i = 0; i < xs.size() && i < ys.size(); ++i)
    result.push_back(f(xs[i], ys[i]));
  return percentile(result, 0.5);
}

} // namespace

void series::add(const work& x, const samples& y) {
  auto n = static_cast<double>(y.us.size());
  us_.insert(us_.end(), y.us.begin(), y.us.end());
  p50_us_.push_back(percentile(y.us, 0.5));
  gbps_.push_back(n * static_cast<double>(x.size) / y.seconds / 1e9);
  ops_per_s_.push_back(n / y.seconds);
  append(cpu_percent_, y.cpu_percent);
  append(rss_kib_, y.rss_kib);
  append(peer_rss_kib_, y.peer_rss_kib);
}

figures series::summary() const {
  return {
    percentile(gbps_, 0.5), percentile(us_, 0.5),        percentile(us_, 0.99),
    percentile(us_, 0.999), percentile(ops_per_s_, 0.5), median(cpu_percent_),
    median(rss_kib_),       median(peer_rss_kib_)};
}

comparison series::compare(const control& name, figure what,
                           const series& other) const {
  auto speed_up = [](double x, double y) { return x / y; };
  auto slow_down = [](double x, double y) { return y / x; };
  auto extra = [](double x, double y) { return x - y; };
  auto ratio = what == figure::latency
                 ? median_of_rounds(p50_us_, other.p50_us_, slow_down)
                 : median_of_rounds(ops_per_s_, other.ops_per_s_, speed_up);
  return {name.name, other.summary(), ratio,
          median_of_rounds(p50_us_, other.p50_us_, extra)};
}

} // namespace transfer_bench
