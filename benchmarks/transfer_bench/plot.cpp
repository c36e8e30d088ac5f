// SPDX-License-Identifier: BSD-3-Clause

#include "plot.hpp"

#include "svg_chart.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace transfer_bench {

namespace {

constexpr double legend_height = 50;

/// In the order of the legend.
const std::vector<curve>& styles() {
  static const std::vector<curve> result{
    {"local", "#c2185b", true, {}},
    {"ucx", "#1565c0", true, {}},
    {"raw_pull", "#e57399", false, {}},
    {"raw_ucx", "#64a5e8", false, {}},
    {"raw_eager", "#26a69a", false, {}},
    {"raw_put", "#8d6e63", false, {}},
    {"tcp_socket", "#f9a825", false, {}},
    {"process_vm_readv", "#7e57c2", false, {}},
    {"memcpy", "#616161", false, {}},
  };
  return result;
}

/// Lines that a plot shows: one transfer at a time, begun on the loop.
bool is_shown(const row& x, const row& first) {
  return x.of.case_name == "latency" && x.of.of.who == caller::loop
         && x.of.who.loop == first.of.who.loop;
}

template <class F>
std::vector<curve>
curves(const std::vector<row>& rows, direction mode, F value) {
  std::map<std::string, std::map<double, double>> points;
  auto first = std::ranges::find(rows, std::string{"latency"},
                                 [](const row& x) { return x.of.case_name; });
  for (auto& x : rows) {
    if (!is_shown(x, *first) || x.of.of.mode != mode)
      continue;
    auto size = static_cast<double>(x.of.of.size);
    points[x.of.who.lane][size] = value(x.library);
    for (auto& y : x.controls)
      points[y.control][size] = value(y.of);
  }
  std::vector<curve> result;
  for (auto x : styles())
    if (auto i = points.find(x.name); i != points.end()) {
      x.points = i->second;
      result.push_back(std::move(x));
    }
  return result;
}

std::string draw_legend(const std::vector<curve>& curves, double top) {
  std::ostringstream out;
  constexpr auto margin = 60.0;
  auto left = margin;
  for (auto& x : curves) {
    auto name = x.bold ? "caf-rdma, lane " + x.name : x.name;
    auto width = 45 + 6.2 * static_cast<double>(name.size());
    if (left + width > 2 * svg_chart::width) { // a second line
      left = margin;
      top += 18;
    }
    out << "<rect x='" << left << "' y='" << top << "' width='18' height='"
        << (x.bold ? 4 : 2) << "' fill='" << x.color << "'/>\n<text x='"
        << left + 24 << "' y='" << top + 5 << "' class='legend'>" << name
        << "</text>\n";
    left += width;
  }
  return out.str();
}

constexpr const char* style = R"(<style>
text { font-family: sans-serif; font-size: 11px; fill: #333 }
.title { font-size: 14px; font-weight: bold }
.left { text-anchor: end }
.below { text-anchor: middle }
.axis { stroke: #333 }
.grid { stroke: #ddd }
</style>
)";

} // namespace

std::string draw(const std::vector<row>& rows) {
  auto bandwidth = [](const figures& x) { return x.gbps; };
  auto latency = [](const figures& x) { return x.p50_us; };
  auto width = 2 * svg_chart::width + 20;
  auto height = 2 * svg_chart::height + legend_height;
  std::ostringstream out;
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << width
      << "' height='" << height << "' viewBox='0 0 " << width << ' ' << height
      << "'>\n"
      << style << "<rect width='100%' height='100%' fill='white'/>\n";
  auto top = 0.0;
  std::vector<curve> shown;
  for (auto mode : {direction::write, direction::read}) {
    auto of_mode = curves(rows, mode, bandwidth);
    if (of_mode.empty())
      continue;
    out << svg_chart{"Bandwidth, " + to_string(mode), "GB/s", of_mode}.draw(0,
                                                                            top)
        << svg_chart{"Latency (p50), " + to_string(mode), "us",
                     curves(rows, mode, latency)}
             .draw(svg_chart::width + 10, top);
    top += svg_chart::height;
    shown = of_mode;
  }
  out << draw_legend(shown, top + 20) << "</svg>";
  return out.str();
}

} // namespace transfer_bench
