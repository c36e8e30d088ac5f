// SPDX-License-Identifier: BSD-3-Clause

#include "options.hpp"

#include "cases.hpp"

#include <CLI/CLI.hpp>

namespace transfer_bench {

std::optional<int> parse(int argc, char** argv, options& result) {
  CLI::App app{
    "Measures caf-rdma between two processes of this machine, next "
    "to controls\nthat take turns with it. See benchmarks/README.md.",
    "transfer_bench"};
  app.add_flag("--quick", result.quick, "fewer transfers per round");
  app
    .add_option("--rounds", result.rounds,
                "how often the contenders take turns")
    ->check(CLI::Range(1, 1000))
    ->capture_default_str();
  app.add_option("--case", result.cases, "only these cases")
    ->check(CLI::IsMember(case_names()));
  app.add_option("--loop", result.loops, "only these kinds of loops")
    ->check(CLI::IsMember({"polling", "default"}));
  app.add_option("--mode", result.modes, "only these directions")
    ->check(CLI::IsMember({"write", "read"}));
  app.add_option("--caller", result.callers, "only these callers")
    ->check(CLI::IsMember({"loop", "scoped"}));
  app.add_option("--size", result.sizes, "only these sizes, e.g., 4KiB")
    ->transform(CLI::AsSizeValue(false));
  app.add_flag("--no-controls", result.no_controls,
               "the library alone, for a profiler");
  app.add_option("--json", result.json, "also write the results to this file");
  int fd = -1;
  auto* serve = app.add_subcommand("serve")->group(""); // not in the help
  serve->add_option("FD", fd)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& err) {
    return app.exit(err);
  }
  if (serve->parsed())
    result.serve_fd = fd;
  return std::nullopt;
}

} // namespace transfer_bench
