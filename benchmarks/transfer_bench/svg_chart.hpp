// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <map>
#include <string>
#include <vector>

namespace transfer_bench {

/// Points that belong together.
struct curve {
  std::string name;
  std::string color;
  /// The library's own stand out.
  bool bold = false;
  /// Ordered by x. Both are positive.
  std::map<double, double> points;
};

/// A chart with logarithmic axes, as part of an SVG file.
class svg_chart {
public:
  static constexpr double width = 470;
  static constexpr double height = 330;

  svg_chart(std::string title, std::string unit, std::vector<curve> curves);

  /// Returns the elements, with the upper left corner at the given place.
  std::string draw(double left, double top) const;

private:
  double x_of(double value) const;

  double y_of(double value) const;

  std::string draw_axes() const;

  std::string draw_curve(const curve& x) const;

  std::string title_;
  std::string unit_;
  std::vector<curve> curves_;
  double x_min_;
  double x_max_;
  double y_min_;
  double y_max_;
};

} // namespace transfer_bench
