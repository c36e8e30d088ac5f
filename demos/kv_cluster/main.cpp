// SPDX-License-Identifier: BSD-3-Clause

// Disaggregated LLM serving without the LLM: prefill nodes hold blocks of KV
// cache, decode nodes fetch those that a request needs, a router decides which.
// See demos/kv_cluster/README.md.

#include "decode.hpp"
#include "model.hpp"
#include "prefill.hpp"
#include "router.hpp"

#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/demos/rdma_copy/signals.hpp"

#include <caf/actor_cast.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <fstream>
#include <future>
#include <iostream>
#include <thread>

namespace {

using namespace kv_cluster;

struct options {
  std::string model = "llama-3-8b";
  uint64_t scale = 256;
  size_t slots = 512;
  std::string bind = "127.0.0.1";
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string name;
  std::string trace_file;
  size_t requests = 0;
  double speed = 10;
  std::string json;
  std::string journal_file;
  std::vector<std::string> for_caf;
};

int fail(const std::string& what) {
  std::cerr << "kv_cluster: " << what << '\n';
  return 1;
}

uint64_t block_size(const options& x) {
  return std::max<uint64_t>(1, find_model(x.model)->block_size() / x.scale);
}

// -- the router --------------------------------------------------------------

caf::expected<trace> find_trace(const options& x) {
  constexpr size_t made_up = 300;
  if (x.trace_file.empty())
    return make_trace(x.requests > 0 ? x.requests : made_up, 1);
  auto result = read_trace(x.trace_file);
  if (result && x.requests > 0 && x.requests < result->size())
    result->resize(x.requests);
  return result;
}

int route(caf::actor_system& sys, const options& opts) {
  auto requests = find_trace(opts);
  if (!requests)
    return fail(to_string(requests.error()));
  if (requests->empty())
    return fail("the trace has no requests");
  journal served;
  if (!opts.journal_file.empty()) {
    auto found = journal::open(opts.journal_file);
    if (!found)
      return fail(to_string(found.error()));
    served = std::move(*found);
  }
  auto total = requests->size();
  std::promise<std::pair<statistics, double>> ended;
  auto end = ended.get_future();
  auto progress = [total](const statistics& x, double seconds) {
    std::cerr << "served " << x.ended() << " of " << total << " requests, "
              << static_cast<int>(seconds) << " s\n";
  };
  auto done = [&ended](const statistics& x, double seconds) {
    ended.set_value({x, seconds});
  };
  auto router
    = sys.spawn<router_impl>(router_options{std::move(*requests), opts.speed},
                             std::move(served), progress, done);
  auto port = sys.middleman().publish(caf::actor_cast<router_actor>(router),
                                      opts.port, opts.bind.c_str(), true);
  if (!port)
    return fail("cannot listen: " + to_string(port.error()));
  std::cout << "listening on " << *port << std::endl;
  while (end.wait_for(std::chrono::milliseconds{100})
         != std::future_status::ready)
    if (rdma_copy::take_signal()) {
      caf::anon_send_exit(router, caf::exit_reason::kill);
      return fail("interrupted");
    }
  auto [result, seconds] = end.get();
  caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
  result.print(std::cout, seconds);
  if (!opts.json.empty())
    std::ofstream{opts.json} << result.to_json(seconds) << '\n';
  return result.given_up() == 0 ? 0 : 1;
}

// -- nodes -------------------------------------------------------------------

/// Offers `service` to the router, again whenever it comes back, until a
/// signal.
template <class Handle>
int serve(caf::actor_system& sys, const options& opts, const Handle& service) {
  constexpr auto pause = std::chrono::milliseconds{200};
  caf::scoped_actor self{sys};
  auto joined = false;
  while (!rdma_copy::take_signal()) {
    if (!joined) {
      auto router = sys.middleman().remote_actor<router_actor>(opts.host,
                                                               opts.port);
      if (router) {
        self->monitor(*router);
        self
          ->request(*router, std::chrono::seconds{5}, join_atom_v, opts.name,
                    uint64_t{opts.slots}, service)
          .receive([&joined] { joined = true; }, [](const caf::error&) {});
      }
      if (joined)
        std::cout << opts.name << " has joined" << std::endl;
    }
    self->receive([&joined](const caf::down_msg&) { joined = false; },
                  caf::after(pause) >> [] {});
  }
  return 0;
}

template <class Impl, class Handle>
int run_node(caf::actor_system& sys, const options& opts) {
  auto rt = rdma::runtime::make(sys);
  if (!rt)
    return fail(to_string(rt.error()));
  auto memory = rt->allocate(opts.slots * block_size(opts));
  if (!memory)
    return fail(to_string(memory.error()));
  auto node = sys.spawn<Impl, caf::detached>(
    rt->spawn_connector(opts.name),
    pool{std::move(*memory), static_cast<size_t>(block_size(opts))});
  auto result = serve<Handle>(sys, opts, node);
  caf::anon_send_exit(node, caf::exit_reason::user_shutdown);
  return result;
}

// -- the command line --------------------------------------------------------

void add_common(CLI::App& to, options& opts) {
  std::vector<std::string> names;
  for (auto& x : models())
    names.push_back(x.name);
  to.add_option("--model", opts.model, "sets the size of a block")
    ->check(CLI::IsMember(names))
    ->capture_default_str();
  to.add_option("--scale", opts.scale, "divides the size of a block")
    ->check(CLI::Range(1, 1 << 20))
    ->capture_default_str();
}

CLI::App* add_node(CLI::App& to, const std::string& role, options& opts) {
  auto* result
    = to.add_subcommand(role, "a " + role + " node")->prefix_command();
  add_common(*result, opts);
  result->add_option("--slots", opts.slots, "blocks that the pool holds")
    ->check(CLI::Range(1, 1 << 20))
    ->capture_default_str();
  result->add_option("--host", opts.host, "of the router")
    ->capture_default_str();
  result->add_option("--port", opts.port, "of the router")->required();
  result->add_option("--name", opts.name, "of this node: nobody else's");
  return result;
}

CLI::App* add_router(CLI::App& to, options& opts) {
  auto* result
    = to.add_subcommand("router", "replays a trace")->prefix_command();
  result->add_option("--bind", opts.bind, "address to listen at")
    ->capture_default_str();
  result->add_option("--port", opts.port, "0 takes a free one");
  result->add_option(
    "--trace", opts.trace_file,
    "JSON lines in Mooncake's format; otherwise one is made up");
  result->add_option("--requests", opts.requests, "only so many");
  result
    ->add_option("--speed", opts.speed,
                 "times faster than the trace; 0: as fast as possible")
    ->check(CLI::Range(0.0, 1e6))
    ->capture_default_str();
  result->add_option("--journal", opts.journal_file,
                     "what was served; lets a router go on that was killed");
  result->add_option("--json", opts.json, "also write the report to this file");
  return result;
}

} // namespace

int main(int argc, char* argv[]) {
  options opts;
  CLI::App app{"Disaggregated LLM serving without the LLM.", "kv_cluster"};
  app.require_subcommand(1);
  auto* router = add_router(app, opts);
  auto* prefill = add_node(app, "prefill", opts);
  auto* decode = add_node(app, "decode", opts);
  CLI11_PARSE(app, argc, argv);
  auto* chosen = app.get_subcommands().front();
  opts.for_caf = chosen->remaining();
  if (opts.name.empty())
    opts.name = chosen->get_name() + '-' + std::to_string(getpid());
  rdma_copy::block_signals();
  rdma::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::kv_cluster>();
  caf::init_global_meta_objects<caf::id_block::kv_cluster_actors>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  rdma::config cfg;
  cfg.load<caf::io::middleman>();
  cfg.set("caf.scheduler.policy", "sharing");
  cfg.set("rdma.worker-id", opts.name);
  if (auto err = cfg.parse(opts.for_caf); err != caf::none)
    return fail(to_string(err));
  caf::actor_system sys{cfg};
  if (chosen == router)
    return route(sys, opts);
  if (chosen == prefill)
    return run_node<prefill_impl, prefill_actor>(sys, opts);
  return chosen == decode ? run_node<decode_impl, decode_actor>(sys, opts) : 1;
}
