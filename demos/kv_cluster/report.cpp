// SPDX-License-Identifier: BSD-3-Clause

#include "report.hpp"

#include <caf/sec.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <limits>

namespace kv_cluster {

namespace {

struct row {
  std::string name;
  double value;
  int digits;
};

double milliseconds(const std::vector<double>& xs, double p) {
  return percentile(xs, p) * 1000;
}

std::vector<row> rows_of(const overview& x) {
  auto count = [](auto n) { return static_cast<double>(n); };
  totals sum{x.numbers.entries()};
  size_t failures = 0;
  for (auto& [why, n] : x.numbers.failures())
    failures += n;
  auto seconds = x.seconds();
  return {
    {"requests served", count(sum.requests), 0},
    {"requests lost", count(x.numbers.given_up()), 0},
    {"seconds", seconds, 1},
    {"requests/s", count(sum.requests) / seconds, 1},
    {"blocks", count(sum.blocks), 0},
    {"hit rate at the decode nodes, %", sum.blocks == 0 ? 0 : sum.hit_rate(),
     1},
    {"GB moved, every byte checked", sum.gigabytes(), 2},
    {"GB/s", sum.gigabytes() / seconds, 2},
    {"time to fetch, p50, ms", milliseconds(sum.fetches, 0.5), 2},
    {"time to fetch, p99, ms", milliseconds(sum.fetches, 0.99), 2},
    {"request, p50, ms", milliseconds(sum.latencies, 0.5), 2},
    {"request, p99, ms", milliseconds(sum.latencies, 0.99), 2},
    {"nodes lost", count(x.numbers.lost_nodes()), 0},
    {"attempts that failed", count(failures), 0},
    {"requests that needed another attempt", count(sum.repeated), 0},
    {"these, p50, ms", milliseconds(sum.recoveries, 0.5), 2},
    {"these, p99, ms", milliseconds(sum.recoveries, 0.99), 2},
  };
}

std::vector<totals> by_second(const overview& x) {
  std::vector<totals> result(static_cast<size_t>(std::max(0.0, x.seconds()))
                             + 1);
  for (auto& y : x.numbers.entries()) {
    auto second = static_cast<size_t>(std::max(0.0, y.time - x.begin));
    result[std::min(second, result.size() - 1)].add(y);
  }
  return result;
}

double milliseconds_or_nan(const std::vector<double>& xs, double p) {
  return xs.empty() ? std::numeric_limits<double>::quiet_NaN()
                    : milliseconds(xs, p);
}

} // namespace

void print_table(std::ostream& out, const overview& x) {
  out << "| | |\n|---|---:|\n";
  for (auto& y : rows_of(x))
    out << "| " << y.name << " | " << std::fixed << std::setprecision(y.digits)
        << y.value << " |\n";
  for (auto& [lane, n] : totals{x.numbers.entries()}.lanes)
    out << "| fetches on the lane " << lane << " | " << n << " |\n";
  for (auto& [why, n] : x.numbers.failures())
    out << "| attempts that failed: " << why << " | " << n << " |\n";
}

std::string to_json(const overview& x, const std::vector<fault>& faults) {
  nlohmann::ordered_json result;
  for (auto& y : rows_of(x))
    result[y.name] = y.value;
  result["lanes"] = totals{x.numbers.entries()}.lanes;
  result["failures"] = x.numbers.failures();
  result["faults"] = nlohmann::json::array();
  for (auto& y : faults)
    result["faults"].push_back(
      {{"second", y.time - x.begin}, {"what", y.what}});
  return result.dump(2);
}

void print_timeline(std::ostream& out, const overview& x) {
  out << "# second\trequests/s\tGB/s\tfetch p50 ms\tfetch p99 ms\thit rate %"
         "\trepeated\n";
  size_t second = 0;
  for (auto& y : by_second(x))
    out << second++ << '\t' << y.requests << '\t' << y.gigabytes() << '\t'
        << milliseconds_or_nan(y.fetches, 0.5) << '\t'
        << milliseconds_or_nan(y.fetches, 0.99) << '\t' << y.hit_rate() << '\t'
        << y.repeated << '\n';
}

caf::error write_report(const std::string& directory, const overview& x,
                        const std::vector<fault>& faults) {
  std::filesystem::path to{directory};
  std::error_code code;
  std::filesystem::create_directories(to, code);
  std::ofstream table{to / "report.md"};
  print_table(table, x);
  std::ofstream json{to / "report.json"};
  json << to_json(x, faults) << '\n';
  std::ofstream timeline{to / "timeline.tsv"};
  print_timeline(timeline, x);
  std::ofstream marks{to / "faults.tsv"};
  marks << "# second\twhat\n";
  for (auto& y : faults)
    marks << y.time - x.begin << '\t' << y.what << '\n';
  for (auto* file : {&table, &json, &timeline, &marks})
    if (!file->flush())
      return caf::make_error(caf::sec::cannot_open_file,
                             "cannot write the report to " + directory);
  return {};
}

} // namespace kv_cluster
