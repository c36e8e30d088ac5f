// SPDX-License-Identifier: BSD-3-Clause

#include "report.hpp"

#include "text_table.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace transfer_bench {

namespace {

std::string show(double x, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << x;
  return out.str();
}

std::string show_mib(const std::optional<double>& kib) {
  return kib ? show(*kib / 1024, 1) : "-";
}

/// What only some cases have.
bool has_peers(const row& x) {
  return x.of.who.peers > 1 || x.of.who.runtimes > 1
         || x.of.case_name == "scaling";
}

std::vector<std::string> head(const row& x) {
  std::vector<std::string> result{"mode", "size",   "out",
                                  "loop", "caller", "lane"};
  auto add = [&result](std::initializer_list<const char*> xs) {
    result.insert(result.end(), xs.begin(), xs.end());
  };
  if (has_peers(x))
    add({"runtimes", "peers", "MiB", "peer MiB"});
  if (x.of.what == figure::share)
    add({"CPU %"});
  else
    add({"p50 us", "p99 us", "p99.9 us", "GB/s", "ops/s"});
  for (auto& y : x.controls)
    result.push_back("/ " + y.control);
  return result;
}

std::string show(const comparison& x, figure what) {
  auto result = show(x.ratio, 2);
  if (what == figure::latency)
    result += (x.extra_us < 0 ? " " : " +") + show(x.extra_us, 1);
  return result;
}

std::vector<std::string> cells(const row& x) {
  auto& what = x.of.of;
  auto size = show_size(what.size);
  if (what.blocks > 1)
    size = std::to_string(what.blocks) + " x "
           + show_size(what.size / what.blocks);
  std::vector<std::string> result{to_string(what.mode),
                                  size,
                                  std::to_string(what.outstanding),
                                  to_string(x.of.who.loop),
                                  to_string(what.who),
                                  x.of.who.lane};
  if (has_peers(x)) {
    result.push_back(std::to_string(x.of.who.runtimes));
    result.push_back(std::to_string(x.of.who.peers));
    result.push_back(show_mib(x.library.rss_kib));
    result.push_back(show_mib(x.library.peer_rss_kib));
  }
  if (x.of.what == figure::share) {
    result.push_back(show(x.library.cpu_percent.value_or(0), 2));
  } else {
    result.push_back(show(x.library.p50_us, 1));
    result.push_back(show(x.library.p99_us, 1));
    result.push_back(show(x.library.p999_us, 1));
    result.push_back(show(x.library.gbps, 3));
    result.push_back(show(x.library.ops_per_s, 0));
  }
  for (auto& y : x.controls)
    result.push_back(show(y, x.of.what));
  return result;
}

} // namespace

std::string show_size(size_t bytes) {
  if (bytes >= 1u << 30)
    return std::to_string(bytes >> 30) + " GiB";
  if (bytes >= 1u << 20)
    return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= 1u << 10)
    return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " B";
}

void print(std::ostream& out, const std::vector<row>& rows) {
  for (size_t i = 0; i < rows.size();) {
    auto titles = head(rows[i]);
    text_table table{titles};
    out << '\n' << rows[i].of.case_name << '\n';
    auto name = rows[i].of.case_name;
    for (; i < rows.size() && rows[i].of.case_name == name
           && head(rows[i]) == titles;
         ++i)
      table.add(cells(rows[i]));
    table.print(out);
  }
}

} // namespace transfer_bench
