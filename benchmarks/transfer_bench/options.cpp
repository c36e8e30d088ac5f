// SPDX-License-Identifier: BSD-3-Clause

#include "options.hpp"

#include "cases.hpp"

#include <CLI/CLI.hpp>

namespace transfer_bench {

namespace {

void add_filters(CLI::App& app, options& result) {
  auto names = [&app](const char* flag, std::vector<std::string>& to,
                      const std::vector<std::string>& known, const char* what) {
    app.add_option(flag, to, what)->check(CLI::IsMember(known));
  };
  names("--case", result.cases, case_names(), "only these cases");
  names("--lane", result.lanes, {"ucx", "local"}, "only these lanes");
  names("--loop", result.loops, {"polling", "default"},
        "only these kinds of loops");
  names("--mode", result.modes, {"write", "read"}, "only these directions");
  names("--caller", result.callers, {"loop", "scoped"}, "only these callers");
  names("--control", result.controls, control_names(), "only these controls");
  app.add_option("--size", result.sizes, "only these sizes, e.g., 4KiB")
    ->transform(CLI::AsSizeValue(false));
  app.add_option("--outstanding", result.outstanding,
                 "only so many transfers under way");
  app.add_flag("--no-controls", result.no_controls, "the library alone");
}

} // namespace

std::optional<int> parse(int argc, char** argv, options& result) {
  CLI::App app{"Measures caf-rdma between two processes, next to controls that "
               "take turns\nwith it. See benchmarks/README.md.",
               "transfer_bench"};
  app.add_flag("--quick", result.quick, "less of everything, under a minute");
  app
    .add_option("--rounds", result.rounds,
                "how often the contenders take turns")
    ->check(CLI::Range(1, 1000));
  add_filters(app, result);
  app.add_option("--json", result.json, "also write the results to this file");
  app.add_option("--plot", result.plot, "draw them to this SVG file");
  auto* connect = app.add_option("--connect", result.connect,
                                 "HOST:PORT of a second process");
  app
    .add_option("--serve", result.serve_port,
                "be the second process, on this port")
    ->excludes(connect);
  app.add_option("--operations", result.operations,
                 "run so many operations and nothing else, for a profiler");
  int fd = -1;
  auto* passive = app.add_subcommand("passive")->group(""); // not in the help
  passive->add_option("FD", fd)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& err) {
    return app.exit(err);
  }
  if (passive->parsed())
    result.serve_fd = fd;
  return std::nullopt;
}

} // namespace transfer_bench
