// SPDX-License-Identifier: BSD-3-Clause

#include "svg_chart.hpp"

#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

namespace transfer_bench {

namespace {

// Where the axes are, within the chart.
constexpr double plot_left = 60;
constexpr double plot_right = svg_chart::width - 10;
constexpr double plot_top = 34;
constexpr double plot_bottom = svg_chart::height - 40;

std::string text(double x, double y, const char* style,
                 const std::string& what) {
  std::ostringstream out;
  out << "<text x='" << x << "' y='" << y << "' class='" << style << "'>"
      << what << "</text>\n";
  return out.str();
}

std::string segment(double x1, double y1, double x2, double y2,
                    const char* style) {
  std::ostringstream out;
  out << "<line x1='" << x1 << "' y1='" << y1 << "' x2='" << x2 << "' y2='"
      << y2 << "' class='" << style << "'/>\n";
  return out.str();
}

std::string show_power(double x) {
  std::ostringstream out;
  if (x > 0.9e6)
    out << x / 1e6 << " M";
  else if (x > 0.9e3)
    out << x / 1e3 << " k";
  else
    out << x;
  return out.str();
}

} // namespace

svg_chart::svg_chart(std::string title, std::string unit,
                     std::vector<curve> curves)
  : title_(std::move(title)),
    unit_(std::move(unit)),
    curves_(std::move(curves)),
    x_min_(std::numeric_limits<double>::max()),
    x_max_(1),
    y_min_(x_min_),
    y_max_(0) {
  for (auto& line : curves_)
    for (auto& [x, y] : line.points) {
      x_min_ = std::min(x_min_, x);
      x_max_ = std::max(x_max_, x);
      y_min_ = std::min(y_min_, y);
      y_max_ = std::max(y_max_, y);
    }
  // Whole decades.
  y_min_ = std::pow(10, std::floor(std::log10(y_min_)));
  y_max_ = std::pow(10, std::ceil(std::log10(y_max_)));
  if (y_max_ <= y_min_)
    y_max_ = y_min_ * 10;
  if (x_max_ <= x_min_)
    x_max_ = x_min_ * 2;
}

std::string svg_chart::draw(double left, double top) const {
  std::ostringstream out;
  out << "<g transform='translate(" << left << ' ' << top << ")'>\n"
      << text(plot_left, 20, "title", title_) << draw_axes();
  for (auto& x : curves_)
    out << draw_curve(x);
  out << "</g>\n";
  return out.str();
}

double svg_chart::x_of(double value) const {
  return plot_left
         + (plot_right - plot_left) * std::log(value / x_min_)
             / std::log(x_max_ / x_min_);
}

double svg_chart::y_of(double value) const {
  return plot_bottom
         - (plot_bottom - plot_top) * std::log(value / y_min_)
             / std::log(y_max_ / y_min_);
}

std::string svg_chart::draw_axes() const {
  std::string result;
  for (auto y = y_min_; y <= y_max_ * 1.01; y *= 10) {
    result += segment(plot_left, y_of(y), plot_right, y_of(y), "grid");
    result += text(plot_left - 6, y_of(y) + 4, "left", show_power(y));
  }
  // From the first power of two on.
  for (auto x = std::exp2(std::ceil(std::log2(x_min_))); x <= x_max_; x *= 8) {
    result += segment(x_of(x), plot_top, x_of(x), plot_bottom, "grid");
    result += text(x_of(x), plot_bottom + 16, "below",
                   show_size(static_cast<size_t>(x)));
  }
  result += segment(plot_left, plot_bottom, plot_right, plot_bottom, "axis");
  result += segment(plot_left, plot_top, plot_left, plot_bottom, "axis");
  result += text((plot_left + plot_right) / 2, plot_bottom + 33, "below",
                 "size of one transfer");
  result += text(plot_left - 6, plot_top - 10, "left", unit_);
  return result;
}

std::string svg_chart::draw_curve(const curve& x) const {
  std::ostringstream out;
  out << "<polyline fill='none' stroke='" << x.color << "' stroke-width='"
      << (x.bold ? 3 : 1.5) << "' points='";
  for (auto& [size, value] : x.points)
    out << x_of(size) << ',' << y_of(value) << ' ';
  out << "'/>\n";
  for (auto& [size, value] : x.points)
    out << "<circle cx='" << x_of(size) << "' cy='" << y_of(value) << "' r='"
        << (x.bold ? 4 : 2.5) << "' fill='" << x.color << "'/>\n";
  return out.str();
}

} // namespace transfer_bench
