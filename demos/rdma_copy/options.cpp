// SPDX-License-Identifier: BSD-3-Clause

#include "options.hpp"

#include "file.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>

namespace rdma_copy {

namespace {

constexpr char footer[]
  = "Options of the group `rdma` go to the library, e.g., --rdma.tls=tcp, and "
    "those\nof the group `caf` to CAF. They need the form --NAME=VALUE.\n\n"
    "Whoever reaches the server's port may read and replace all files in its\n"
    "directory. UCX itself listens on the network interfaces that it finds: "
    "--bind\nonly guards the port of the server.";

void add_common(CLI::App& app, options& opts, double& seconds) {
  app.add_flag("-q,--quiet", opts.quiet, "print nothing but errors");
  app.add_option("--buffers", opts.buffers, "blocks in flight per file")
    ->check(CLI::Range(1, 1024))
    ->capture_default_str();
  app
    .add_option("--buffer-size", opts.buffer_size,
                "bytes of a block; units as in 8MiB are understood")
    ->transform(CLI::AsSizeValue(false))
    ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 30))
    ->capture_default_str();
  app
    .add_option("--timeout", seconds,
                "seconds that the other side or a disk may take to answer")
    ->check(CLI::Range(0.1, 86400.0))
    ->capture_default_str();
}

// Splits "host:port"; an IPv6 address stands in brackets.
std::string split_address(const std::string& address, options& opts) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return "expected HOST:PORT instead of " + address;
  opts.host = address.substr(0, colon);
  if (opts.host.size() > 2 && opts.host.front() == '['
      && opts.host.back() == ']')
    opts.host = opts.host.substr(1, opts.host.size() - 2);
  if (!CLI::detail::lexical_cast(address.substr(colon + 1), opts.port)
      || opts.port == 0)
    return "expected a port from 1 to 65535 instead of "
           + address.substr(colon + 1);
  return {};
}

// One line.
std::string explain(const CLI::App*, const CLI::Error& err) {
  return "rdma_copy: " + std::string{err.what()} + " (see --help)\n";
}

bool is_for_caf(const std::string& arg) {
  return arg.starts_with("--rdma.") || arg.starts_with("--caf.");
}

} // namespace

std::optional<int> parse(int argc, char** argv, options& result) {
  CLI::App app{"Copies files between machines with caf-rdma.", "rdma_copy"};
  app.require_subcommand(1);
  app.footer(footer);
  app.failure_message(explain);
  double seconds = 20;
  std::string address;
  auto address_check = CLI::Validator(
    [&result](std::string& str) { return split_address(str, result); },
    "HOST:PORT");
  auto* serve = app.add_subcommand("serve", "keep files in a directory");
  serve->add_option("--port", result.port, "TCP port; 0 takes a free one")
    ->capture_default_str();
  serve->add_option("--bind", result.bind, "address to listen at")
    ->capture_default_str();
  serve->add_option("--directory", result.directory, "where the files are")
    ->check(CLI::ExistingDirectory)
    ->capture_default_str();
  auto* put = app.add_subcommand("put", "send a file to a server");
  put->add_option("FILE", result.source, "file to send")->required();
  put->add_option("--name", result.target, "name on the server");
  auto* get = app.add_subcommand("get", "fetch a file from a server");
  get->add_option("NAME", result.source, "name on the server")->required();
  get->add_option("--output", result.target, "file to write");
  for (auto* client : {put, get})
    client->add_option("HOST:PORT", address, "where the server listens")
      ->required()
      ->check(address_check);
  for (auto* sub : {serve, put, get}) {
    add_common(*sub, result, seconds);
    sub->footer(footer);
  }
  std::vector<std::string> args{argv + 1, argv + argc};
  auto ours = std::stable_partition(args.begin(), args.end(), is_for_caf);
  result.for_caf.assign(args.begin(), ours);
  args.erase(args.begin(), ours);
  std::reverse(args.begin(), args.end()); // as CLI11 wants it
  try {
    app.parse(std::move(args));
  } catch (const CLI::ParseError& err) {
    return app.exit(err);
  }
  result.command = serve->parsed() ? command::serve
                   : put->parsed() ? command::put
                                   : command::get;
  if (!serve->parsed() && result.target.empty()
      && (put->count("--name") + get->count("--output")) == 0)
    result.target = base_name(result.source);
  result.timeout = std::chrono::duration_cast<caf::timespan>(
    std::chrono::duration<double>{seconds});
  return std::nullopt;
}

} // namespace rdma_copy
