// SPDX-License-Identifier: BSD-3-Clause

#include "report.hpp"

#include <caf/json_writer.hpp>

#include <iomanip>
#include <ostream>
#include <string_view>

namespace transfer_bench {

namespace {

// -- table
// ---------------------------------------------------------------------

std::string show_size(size_t bytes) {
  if (bytes >= 1u << 20)
    return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= 1u << 10)
    return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " B";
}

void print_head(std::ostream& out, const row& x) {
  auto latency = x.what == figure::latency;
  out << '\n'
      << x.case_name << (latency ? ", microseconds" : ", GB/s") << '\n'
      << "mode       size  out  loop     caller  lane "
      << (latency ? "     p50     p99" : "  library");
  for (auto& y : x.controls)
    out << (latency ? " |     p50     p99     +us  ratio" : " |    GB/s  ratio")
        << ' ' << to_string(y.control);
  out << '\n';
}

void print_row(std::ostream& out, const row& x) {
  out << std::left << std::setw(6) << to_string(x.of.mode) << std::right
      << std::setw(9) << show_size(x.of.size) << std::setw(5)
      << x.of.outstanding << "  " << std::left << std::setw(9)
      << to_string(x.loop) << std::setw(8) << to_string(x.of.who)
      << std::setw(5) << x.lane << std::right << std::fixed
      << std::setprecision(2);
  auto pad = [&out](contender c) {
    out << std::setw(static_cast<int>(to_string(c).size()) + 1) << ' ';
  };
  if (x.what == figure::bandwidth) {
    out << std::setw(9) << x.library.gbps;
    for (auto& y : x.controls) {
      out << " | " << std::setw(7) << y.of.gbps << std::setw(7) << y.ratio;
      pad(y.control);
    }
  } else {
    out << std::setw(8) << x.library.p50_us << std::setw(8) << x.library.p99_us;
    for (auto& y : x.controls) {
      out << " | " << std::setw(7) << y.of.p50_us << std::setw(8) << y.of.p99_us
          << std::setw(8) << x.library.p50_us - y.of.p50_us << std::setw(7)
          << y.ratio;
      pad(y.control);
    }
  }
  out << '\n';
}

// -- JSON
// ----------------------------------------------------------------------

/// Writes objects without the type names that CAF adds to its own.
class object_list {
public:
  explicit object_list(size_t size) {
    writer_.indentation(2);
    writer_.begin_sequence(size);
  }

  void begin() {
    writer_.begin_associative_array(0);
  }

  template <class T>
  void add(std::string_view key, const T& value) {
    writer_.begin_key_value_pair();
    writer_.value(caf::string_view{key.data(), key.size()});
    if constexpr (std::is_same_v<T, std::string>)
      writer_.value(caf::string_view{value.data(), value.size()});
    else
      writer_.value(value);
    writer_.end_key_value_pair();
  }

  void end() {
    writer_.end_associative_array();
  }

  std::string finish() {
    writer_.end_sequence();
    auto str = writer_.str();
    return {str.begin(), str.end()};
  }

private:
  caf::json_writer writer_;
};

void add(object_list& out, const row& x, const comparison& y) {
  out.begin();
  out.add("case", x.case_name);
  out.add("lane", x.lane);
  out.add("mode", to_string(x.of.mode));
  out.add("loop", to_string(x.loop));
  out.add("caller", to_string(x.of.who));
  out.add("size", uint64_t{x.of.size});
  out.add("outstanding", uint64_t{x.of.outstanding});
  out.add("gbps", x.library.gbps);
  out.add("p50_us", x.library.p50_us);
  out.add("p99_us", x.library.p99_us);
  out.add("ops_per_s", x.library.ops_per_s);
  out.add("control", to_string(y.control));
  out.add("control_gbps", y.of.gbps);
  out.add("control_p50_us", y.of.p50_us);
  out.add("control_p99_us", y.of.p99_us);
  out.add("control_ops_per_s", y.of.ops_per_s);
  out.add("ratio", y.ratio);
  out.end();
}

} // namespace

void print(std::ostream& out, const std::vector<row>& rows) {
  std::string head;
  for (auto& x : rows) {
    if (x.case_name != head)
      print_head(out, x);
    head = x.case_name;
    print_row(out, x);
  }
}

std::string to_json(const std::vector<row>& rows) {
  size_t size = 0;
  for (auto& x : rows)
    size += x.controls.size();
  object_list out{size};
  for (auto& x : rows)
    for (auto& y : x.controls)
      add(out, x, y);
  return out.finish();
}

} // namespace transfer_bench
