// SPDX-License-Identifier: BSD-3-Clause

// Measures transfers from, to and between GPUs, of two processes, next to plain
// copies of the same bytes. See benchmarks/README.md.

#include "node.hpp"

#include "caf_rdma/actors/init.hpp"
#include "transfer_bench/line_channel.hpp"
#include "transfer_bench/text_table.hpp"
#include "transfer_bench/types.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <CLI/CLI.hpp>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace {

using namespace gpu_bench;
using transfer_bench::die;
using transfer_bench::line_channel;
using transfer_bench::percentile;

struct options {
  bool pretend = false;
  size_t rounds = 5;
  size_t times = 5;
  std::vector<size_t> sizes = {1 << 20, 16 << 20, 64 << 20};
  std::vector<std::string> lanes = {"local", "ucx"};
};

/// A line of the table, while it is made.
struct row {
  rdma::device from;
  rdma::device to;
  size_t size;
  setup how;
  std::string lane;               // as the library says
  std::vector<double> rates = {}; // GB/s
  std::vector<double> ratios = {};
};

double median(std::vector<double> xs) {
  return percentile(std::move(xs), 0.5);
}

std::string number(double x) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << x;
  return out.str();
}

// -- the second process ------------------------------------------------------

std::string obey(node& self, const std::string& line) {
  std::istringstream in{line};
  std::string command;
  in >> command;
  if (command == "start") {
    setup how;
    in >> how.lane >> how.path;
    self.start(how);
  } else if (command == "allocate") {
    std::string where;
    size_t size = 0;
    unsigned seed = 0;
    in >> where >> size >> seed;
    self.allocate(*rdma::parse_device(where), size, seed);
  } else if (command == "grant") {
    return self.grant();
  } else if (command == "check") {
    unsigned seed = 0;
    in >> seed;
    return self.check(seed) ? "right" : "wrong";
  }
  return "done";
}

std::unique_ptr<memory_source> find_memory(bool pretend) {
  if (pretend)
    return make_pretended();
  std::string why;
  auto result = make_real(why);
  if (result == nullptr)
    die("no GPU, nothing is measured: " + why);
  return result;
}

[[noreturn]] void serve(int fd, bool pretend) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  line_channel peer{fd};
  auto source = find_memory(pretend);
  node self{*source};
  for (std::string line; peer.hear(line);)
    peer.tell(obey(self, line));
  std::exit(0);
}

class peer_process {
public:
  explicit peer_process(bool pretend) : channel_(start(pretend)) {
    // nop
  }

  std::string ask(const std::string& line) {
    channel_.tell(line);
    std::string answer;
    if (!channel_.hear(answer))
      die("the second process is gone");
    return answer;
  }

private:
  // Before CUDA and CAF have threads here.
  static int start(bool pretend) {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
      die("no socket pair");
    auto pid = ::fork();
    if (pid < 0)
      die("cannot fork");
    if (pid == 0) {
      ::close(fds[0]);
      serve(fds[1], pretend);
    }
    ::close(fds[1]);
    return fds[0];
  }

  line_channel channel_;
};

// -- measuring ---------------------------------------------------------------

std::vector<row> plan(const options& opts, uint32_t devices) {
  auto gpu = rdma::cuda(0);
  std::vector<std::pair<rdma::device, rdma::device>> ways{{rdma::cpu, gpu},
                                                          {gpu, rdma::cpu},
                                                          {gpu, gpu}};
  if (devices > 1)
    ways.push_back({gpu, rdma::cuda(1)});
  std::vector<row> result;
  for (auto& lane : opts.lanes)
    for (auto* path : {"staged", "direct"})
      for (auto [from, to] : ways)
        for (auto size : opts.sizes)
          if (lane == "ucx" || path != std::string{"direct"})
            result.push_back({from, to, size, {lane, path}, {}});
  return result;
}

/// Seconds of a plain copy.
double measure_copy(memory_source& source, const row& x, size_t times) {
  auto from = source.make(x.from, x.size);
  auto to = source.make(x.to, x.size);
  std::vector<double> result;
  from->copy_to(*to);
  for (size_t i = 0; i < times; ++i) {
    auto begin = std::chrono::steady_clock::now();
    from->copy_to(*to);
    std::chrono::duration<double> took = std::chrono::steady_clock::now()
                                         - begin;
    result.push_back(took.count());
  }
  return median(result);
}

/// Measures one round of a row. Leaves it as it is if UCX does not move the
/// bytes itself and was meant to.
void measure(row& x, memory_source& source, node& self, peer_process& other,
             const options& opts) {
  static unsigned seed = 0;
  seed += 2;
  auto copy = measure_copy(source, x, opts.times);
  other.ask("allocate " + to_string(x.to) + ' ' + std::to_string(x.size) + ' '
            + std::to_string(seed + 1));
  self.allocate(x.from, x.size, seed);
  std::string lane;
  auto grant = other.ask("grant");
  self.write_to(grant, 1, lane);
  if (other.ask("check " + std::to_string(seed)) != "right")
    die("the wrong bytes have arrived");
  if (x.how.path == "direct" && !lane.ends_with("/direct"))
    return;
  x.lane = lane;
  auto took = median(self.write_to(grant, opts.times, lane));
  x.rates.push_back(static_cast<double>(x.size) / took / 1e9);
  x.ratios.push_back(copy / took);
}

void print(const std::vector<row>& rows) {
  transfer_bench::text_table table{
    {"from", "to", "MiB", "lane", "path", "GB/s", "of a plain copy"}};
  for (auto& x : rows)
    if (x.rates.empty())
      table.add({to_string(x.from), to_string(x.to),
                 number(static_cast<double>(x.size) / (1 << 20)), x.how.lane,
                 x.how.path, "-", "this UCX does not touch GPUs"});
    else
      table.add({to_string(x.from), to_string(x.to),
                 number(static_cast<double>(x.size) / (1 << 20)), x.lane,
                 x.how.path, number(median(x.rates)),
                 number(median(x.ratios))});
  table.print(std::cout);
}

} // namespace

int main(int argc, char* argv[]) {
  options opts;
  CLI::App app{"Measures transfers of GPU memory between two processes.",
               "gpu_bench"};
  app.add_flag("--pretend", opts.pretend,
               "pretended GPUs: shows that this program works");
  app.add_option("--rounds", opts.rounds, "how often each line is measured");
  app.add_option("--times", opts.times, "transfers in each round");
  app.add_option("--size", opts.sizes, "only these sizes, e.g., 64MiB")
    ->transform(CLI::AsSizeValue(false));
  app.add_option("--lane", opts.lanes, "only these lanes")
    ->check(CLI::IsMember({"local", "ucx"}));
  CLI11_PARSE(app, argc, argv);
  rdma::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  peer_process other{opts.pretend};
  auto source = find_memory(opts.pretend);
  node self{*source};
  auto rows = plan(opts, source->devices());
  for (size_t round = 0; round < opts.rounds; ++round) {
    setup now;
    for (auto& x : rows) {
      if (!(x.how == now)) {
        now = x.how;
        other.ask("start " + now.lane + ' ' + now.path);
        self.start(now);
      }
      measure(x, *source, self, other, opts);
    }
  }
  print(rows);
}
