// SPDX-License-Identifier: BSD-3-Clause

#include "live_view.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace kv_cluster {

namespace {

/// What a node has done of late.
struct node_rate {
  size_t requests = 0;
  uint64_t bytes = 0;
};

std::map<std::string, node_rate> recent_rates(const overview& x) {
  std::map<std::string, node_rate> result;
  auto& xs = x.numbers.entries();
  for (auto i = xs.rbegin(); i != xs.rend() && i->time > x.now - rate_window;
       ++i)
    for (auto* name : {&i->prefill, &i->decode}) {
      auto& y = result[*name];
      ++y.requests;
      y.bytes += i->report.bytes;
    }
  return result;
}

std::string bar(double share) {
  constexpr size_t width = 40;
  auto full = static_cast<size_t>(share * width);
  return '[' + std::string(full, '#') + std::string(width - full, '-') + ']';
}

size_t failed_attempts(const overview& x) {
  size_t result = 0;
  for (auto& [why, n] : x.numbers.failures())
    result += n;
  return result;
}

} // namespace

std::string to_page(const overview& x, const std::vector<fault>& faults) {
  totals sum{x.numbers.entries()};
  auto seconds = std::max(x.seconds(), 0.001);
  auto share = x.total == 0 ? 1
                            : static_cast<double>(x.numbers.ended())
                                / static_cast<double>(x.total);
  std::ostringstream out;
  out << std::fixed << bar(share) << ' ' << x.numbers.ended() << " of "
      << x.total << " requests, " << std::setprecision(0) << seconds
      << " s, waiting " << x.waiting << '\n';
  out << std::setprecision(1) << static_cast<double>(sum.requests) / seconds
      << " requests/s, " << std::setprecision(2) << sum.gigabytes() / seconds
      << " GB/s, hits " << std::setprecision(0)
      << (sum.blocks == 0 ? 0 : sum.hit_rate()) << " %, fetch p50 "
      << std::setprecision(1) << percentile(sum.fetches, 0.5) * 1000
      << " ms, p99 " << percentile(sum.fetches, 0.99) * 1000 << " ms\n";
  out << "attempts that failed " << failed_attempts(x) << ", lost requests "
      << x.numbers.given_up() << ", faults " << faults.size()
      << ", broken links " << x.broken_links << '\n';
  out << std::left << std::setw(14) << "node" << std::right << std::setw(6)
      << "load" << std::setw(12) << "requests/s" << std::setw(8) << "GB/s"
      << '\n';
  auto rates = recent_rates(x);
  for (auto& [name, load] : x.loads) {
    auto& y = rates[name];
    out << std::left << std::setw(14) << name << std::right << std::setw(6)
        << load << std::setw(12) << std::setprecision(1)
        << static_cast<double>(y.requests) / rate_window << std::setw(8)
        << std::setprecision(2)
        << static_cast<double>(y.bytes) / rate_window / 1e9 << '\n';
  }
  if (!faults.empty())
    out << "last fault: " << faults.back().what << '\n';
  return out.str();
}

std::string to_line(const overview& x) {
  std::ostringstream out;
  totals sum{x.numbers.entries()};
  out << "served " << x.numbers.ended() << " of " << x.total << " requests, "
      << static_cast<int>(x.seconds()) << " s, fetch p99 " << std::fixed
      << std::setprecision(1) << percentile(sum.fetches, 0.99) * 1000 << " ms, "
      << x.loads.size() << " nodes, broken links " << x.broken_links << '\n';
  return out.str();
}

live_view::live_view(std::ostream& out, bool terminal)
  : out_(out), terminal_(terminal) {
  // nop
}

void live_view::show(const overview& x, const std::vector<fault>& faults) {
  if (!terminal_) {
    out_ << to_line(x) << std::flush;
    return;
  }
  auto page = to_page(x, faults);
  if (drawn_ > 0)
    out_ << "\x1b[" << drawn_ << "A\x1b[J"; // up, and clear what is below
  out_ << page << std::flush;
  drawn_ = static_cast<size_t>(std::count(page.begin(), page.end(), '\n'));
}

} // namespace kv_cluster
