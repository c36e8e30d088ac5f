// SPDX-License-Identifier: BSD-3-Clause

// What kv_cluster shows of itself.

#include "caf_rdma/demos/kv_cluster/live_view.hpp"
#include "caf_rdma/demos/kv_cluster/report.hpp"

#include <caf/sec.hpp>

#include <catch2/catch_test_macros.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace kv_cluster;

namespace {

journal_entry served(double time, double fetch, uint64_t attempts = 1) {
  journal_entry result;
  result.report = {10, 5, 5'000'000, fetch, "ucx"};
  result.latency = 2 * fetch;
  result.attempts = attempts;
  result.time = time;
  result.prefill = "p1";
  result.decode = "d1";
  return result;
}

/// Four requests in 2.5 seconds, of which one was tried twice.
struct sample {
  sample() {
    numbers.add(served(100.1, 0.001));
    numbers.add(served(100.2, 0.002));
    numbers.add(served(102.1, 0.004, 2));
    numbers.add(served(102.2, 0.003));
    numbers.failed(caf::make_error(caf::sec::runtime_error, "no"));
    numbers.node_lost();
  }

  overview look() const {
    return {numbers, 8, 1, 100, 102.5, {{"d1", 3}, {"p1", 0}}, 2};
  }

  statistics numbers;
  std::vector<fault> faults{{101.5, "d1 is killed"}};
};

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("percentiles are values that were there") {
  CHECK(percentile({}, 0.5) == 0);
  CHECK(percentile({7}, 0.99) == 7);
  CHECK(percentile({3, 1, 2}, 0.5) == 2);
  CHECK(percentile({3, 1, 2}, 1) == 3);
}

TEST_CASE("the table says what came of it") {
  sample x;
  std::ostringstream out;
  print_table(out, x.look());
  auto text = out.str();
  CAPTURE(text);
  CHECK(has(text, "| requests served | 4 |"));
  CHECK(has(text, "| requests lost | 0 |"));
  CHECK(has(text, "| requests/s | 1.6 |"));
  CHECK(has(text, "| hit rate at the decode nodes, % | 50.0 |"));
  CHECK(has(text, "| GB moved, every byte checked | 0.02 |"));
  CHECK(has(text, "| time to fetch, p99, ms | 4.00 |"));
  CHECK(has(text, "| attempts that failed | 1 |"));
  CHECK(has(text, "| requests that needed another attempt | 1 |"));
  CHECK(has(text, "| these, p50, ms | 8.00 |"));
  CHECK(has(text, "| fetches on the lane ucx | 4 |"));
}

TEST_CASE("the timeline has a line for each second, whatever happened") {
  sample x;
  std::ostringstream out;
  print_timeline(out, x.look());
  std::istringstream in{out.str()};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].starts_with("# second\t"));
  CHECK(lines[1] == "0\t2\t0.01\t2\t2\t50\t0");
  CHECK(lines[2] == "1\t0\t0\tnan\tnan\tnan\t0");
  CHECK(lines[3] == "2\t2\t0.01\t4\t4\t50\t1");
}

TEST_CASE("a report is files") {
  char name[] = "/tmp/kv-report.XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  std::filesystem::path directory{name};
  sample x;
  CHECK(write_report(directory / "deep" / "er", x.look(), x.faults)
        == caf::none);
  auto json
    = nlohmann::json::parse(content(directory / "deep" / "er" / "report.json"));
  CHECK(json["requests served"] == 4);
  CHECK(json["faults"][0]["second"] == 1.5);
  CHECK(json["faults"][0]["what"] == "d1 is killed");
  CHECK(content(directory / "deep" / "er" / "faults.tsv")
        == "# second\twhat\n1.5\td1 is killed\n");
  CHECK(content(directory / "deep" / "er" / "report.md").starts_with("| | |"));
  std::ofstream{directory / "file"} << "in the way";
  CHECK(write_report(directory / "file", x.look(), x.faults) != caf::none);
  std::filesystem::remove_all(directory);
}

TEST_CASE("faults are read while somebody writes them") {
  char name[] = "/tmp/kv-faults.XXXXXX";
  ::close(::mkstemp(name));
  CHECK(read_faults(name).empty());
  std::ofstream{name} << "1.5\tp1 is killed\n2.5\td1 is stopped\n3.5\td1 is";
  auto xs = read_faults(name);
  REQUIRE(xs.size() == 2);
  CHECK(xs[1].time == 2.5);
  CHECK(xs[1].what == "d1 is stopped");
  std::ofstream{name} << "nonsense\n";
  CHECK(read_faults(name).empty());
  ::unlink(name);
  CHECK(read_faults(name).empty());
}

TEST_CASE("a page shows progress, figures, nodes and faults") {
  sample x;
  auto page = to_page(x.look(), x.faults);
  CAPTURE(page);
  CHECK(has(page, "[####################--------------------] 4 of 8"));
  CHECK(has(page, "hits 50 %, fetch p50 3.0 ms, p99 4.0 ms"));
  CHECK(has(page, "attempts that failed 1, lost requests 0, faults 1, broken "
                  "links 2"));
  CHECK(has(page, "d1                 3         1.3"));
  CHECK(has(page, "last fault: d1 is killed"));
}

TEST_CASE("a page before anything has happened makes sense") {
  statistics nothing;
  auto page = to_page({nothing, 0, 0, 100, 100, {}, 0}, {});
  CHECK_FALSE(has(page, "nan"));
  CHECK_FALSE(has(page, "inf"));
}

TEST_CASE("a terminal sees one page, a file sees lines") {
  sample x;
  std::ostringstream terminal;
  live_view page{terminal, true};
  page.show(x.look(), x.faults);
  CHECK_FALSE(has(terminal.str(), "\x1b"));
  page.show(x.look(), {});
  CHECK(has(terminal.str(), "\x1b[7A\x1b[J["));
  std::ostringstream file;
  live_view lines{file, false};
  lines.show(x.look(), x.faults);
  lines.show(x.look(), x.faults);
  CHECK_FALSE(has(file.str(), "\x1b"));
  CHECK(has(file.str(), "served 4 of 8 requests, 2 s"));
}
