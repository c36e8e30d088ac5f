// SPDX-License-Identifier: BSD-3-Clause

// Disaggregated LLM serving without the LLM: prefill nodes hold blocks of KV
// cache, decode nodes get those that a request needs, a router decides which.
// See demos/kv_cluster/README.md.

#include "decode.hpp"
#include "live_view.hpp"
#include "model.hpp"
#include "prefill.hpp"
#include "presence.hpp"
#include "report.hpp"
#include "router.hpp"

#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/demos/rdma_copy/signals.hpp"

#include <caf/actor_cast.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <future>
#include <iostream>

namespace {

using namespace kv_cluster;

struct options {
  // of all nodes
  std::string name;
  presence_options place;
  std::vector<std::string> seeds;
  std::vector<std::string> for_caf;
  // of prefill and decode nodes
  std::string model = "llama-3-8b";
  uint64_t scale = 256;
  size_t slots = 512;
  // of the router
  std::string trace_file;
  size_t requests = 0;
  double speed = 10;
  transfer_mode mode = transfer_mode::read;
  std::string journal_file;
  std::string faults_file;
  std::string report_directory;
};

int fail(const std::string& what) {
  std::cerr << "kv_cluster: " << what << '\n';
  return 1;
}

/// The life of a node that starts later is greater.
uint64_t life() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
    std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
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

caf::expected<journal> find_journal(const options& x) {
  if (x.journal_file.empty())
    return journal{};
  return journal::open(x.journal_file);
}

int route(caf::actor_system& sys, const options& opts) {
  auto requests = find_trace(opts);
  if (!requests)
    return fail(to_string(requests.error()));
  if (requests->empty())
    return fail("the trace has no requests");
  auto served = find_journal(opts);
  if (!served)
    return fail(to_string(served.error()));
  std::promise<int> ended;
  auto end = ended.get_future();
  live_view view{std::cerr, isatty(STDERR_FILENO) == 1};
  auto progress = [&](const overview& x) {
    view.show(x, read_faults(opts.faults_file));
  };
  auto done = [&](const overview& x) {
    auto faults = read_faults(opts.faults_file);
    view.show(x, faults);
    print_table(std::cout, x);
    auto result = x.numbers.given_up() == 0 ? 0 : 1;
    if (!opts.report_directory.empty())
      if (auto err = write_report(opts.report_directory, x, faults);
          err != caf::none)
        result = fail(to_string(err));
    ended.set_value(result);
  };
  router_options how;
  how.requests = std::move(*requests);
  how.speed = opts.speed;
  how.mode = opts.mode;
  auto router = sys.spawn<router_impl>(std::move(how), std::move(*served),
                                       progress, done);
  auto present
    = presence::make(sys, opts.place,
                     member{opts.name, "router", life(), {}, 0, {}, {}},
                     router);
  if (!present) {
    caf::anon_send_exit(router, caf::exit_reason::kill);
    return fail("cannot listen: " + to_string(present.error()));
  }
  std::cout << "listening on " << present->place().port << std::endl;
  while (end.wait_for(std::chrono::milliseconds{100})
         != std::future_status::ready)
    if (rdma_copy::take_signal()) {
      caf::anon_send_exit(router, caf::exit_reason::kill);
      return fail("interrupted");
    }
  caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
  return end.get();
}

// -- nodes -------------------------------------------------------------------

uint64_t block_size(const options& x) {
  return std::max<uint64_t>(1, find_model(x.model)->block_size() / x.scale);
}

/// What a node keeps its blocks in, and moves them with.
struct equipment {
  rdma::runtime runtime;
  pool memory;
};

caf::expected<equipment> equip(caf::actor_system& sys, const options& opts) {
  auto rt = rdma::runtime::make(sys);
  if (!rt)
    return std::move(rt.error());
  auto size = static_cast<size_t>(block_size(opts));
  auto memory = rt->allocate(opts.slots * size);
  if (!memory)
    return std::move(memory.error());
  return equipment{std::move(*rt), pool{std::move(*memory), size}};
}

/// Offers the service until a signal, or until it ends by itself.
int serve(caf::actor_system& sys, rdma::runtime& rt, const options& opts,
          member own, const member_listener& listener) {
  caf::scoped_actor self{sys};
  self->monitor(own.service);
  auto present = presence::make(sys, opts.place, std::move(own), listener);
  if (!present)
    return fail("cannot listen: " + to_string(present.error()));
  self->monitor(present->directory());
  rt.watch_links(present->directory());
  std::cout << "listening on " << present->place().port << std::endl;
  caf::error reason;
  auto lost = false;
  while (!lost && !rdma_copy::take_signal())
    self->receive(
      [&](caf::down_msg& x) {
        lost = true;
        reason = std::move(x.reason);
      },
      caf::after(std::chrono::milliseconds{200}) >> [] {});
  return lost ? fail(to_string(reason)) : 0;
}

int prefill(caf::actor_system& sys, const options& opts) {
  auto x = equip(sys, opts);
  if (!x)
    return fail(to_string(x.error()));
  auto node = sys.spawn<prefill_impl, caf::detached>(
    opts.name, x->runtime.spawn_connector(opts.name), x->memory);
  member own{opts.name, "prefill", life(), {}, opts.slots, {}, {}};
  own.service = caf::actor_cast<caf::strong_actor_ptr>(node);
  caf::error err;
  caf::scoped_actor self{sys};
  self->request(node, caf::infinite, describe_atom_v)
    .receive([&own](std::string& text) { own.metadata = std::move(text); },
             [&err](caf::error& reason) { err = std::move(reason); });
  auto result = err != caf::none
                  ? fail(to_string(err))
                  : serve(sys, x->runtime, opts, std::move(own), {});
  caf::anon_send_exit(node, caf::exit_reason::user_shutdown);
  return result;
}

int decode(caf::actor_system& sys, const options& opts) {
  auto x = equip(sys, opts);
  if (!x)
    return fail(to_string(x.error()));
  auto node = sys.spawn<decode_impl, caf::detached>(
    x->runtime.spawn_connector(opts.name), x->memory);
  member own{opts.name, "decode", life(), {}, opts.slots, {}, {}};
  own.service = caf::actor_cast<caf::strong_actor_ptr>(node);
  auto result = serve(sys, x->runtime, opts, std::move(own), node);
  caf::anon_send_exit(node, caf::exit_reason::user_shutdown);
  return result;
}

// -- the command line --------------------------------------------------------

CLI::App* add_role(CLI::App& to, const std::string& role,
                   const std::string& help, options& opts) {
  auto* result = to.add_subcommand(role, help)->prefix_command();
  result->add_option("--name", opts.name, "of this node: nobody else's");
  result
    ->add_option("--host", opts.place.host,
                 "where to listen; others reach this node there")
    ->capture_default_str();
  result->add_option("--port", opts.place.port, "0 takes a free one");
  result->add_option("--join", opts.seeds,
                     "HOST:PORT of another node; it knows the others");
  result->add_option("--etcd", opts.place.etcd,
                     "http://HOST:PORT of an etcd server that knows the nodes");
  return result;
}

CLI::App* add_node(CLI::App& to, const std::string& role, options& opts) {
  auto* result = add_role(to, role, "a " + role + " node", opts);
  std::vector<std::string> names;
  for (auto& x : models())
    names.push_back(x.name);
  result->add_option("--model", opts.model, "sets the size of a block")
    ->check(CLI::IsMember(names))
    ->capture_default_str();
  result->add_option("--scale", opts.scale, "divides the size of a block")
    ->check(CLI::Range(1, 1 << 20))
    ->capture_default_str();
  result->add_option("--slots", opts.slots, "blocks that the pool holds")
    ->check(CLI::Range(1, 1 << 20))
    ->capture_default_str();
  return result;
}

CLI::App* add_router(CLI::App& to, options& opts) {
  auto* result = add_role(to, "router", "replays a trace", opts);
  result->add_option(
    "--trace", opts.trace_file,
    "JSON lines in Mooncake's format; otherwise one is made up");
  result->add_option("--requests", opts.requests, "only so many");
  result
    ->add_option("--speed", opts.speed,
                 "times faster than the trace; 0: as fast as possible")
    ->check(CLI::Range(0.0, 1e6))
    ->capture_default_str();
  std::map<std::string, transfer_mode> modes{{"read", transfer_mode::read},
                                             {"write", transfer_mode::write},
                                             {"mixed", transfer_mode::mixed}};
  result
    ->add_option("--transfer", opts.mode,
                 "decode nodes read, prefill nodes write, or by turns")
    ->transform(CLI::CheckedTransformer(modes));
  result->add_option("--journal", opts.journal_file,
                     "what was served; lets a router go on that was killed");
  result->add_option("--faults-file", opts.faults_file,
                     "lines of a time, a tab and what has happened then");
  result->add_option("--report", opts.report_directory,
                     "write the report, and the input of plot.gnuplot, there");
  return result;
}

} // namespace

int main(int argc, char* argv[]) {
  options opts;
  CLI::App app{"Disaggregated LLM serving without the LLM.", "kv_cluster"};
  app.require_subcommand(1);
  auto* router_command = add_router(app, opts);
  auto* prefill_command = add_node(app, "prefill", opts);
  add_node(app, "decode", opts);
  CLI11_PARSE(app, argc, argv);
  auto* chosen = app.get_subcommands().front();
  opts.for_caf = chosen->remaining();
  if (opts.name.empty())
    opts.name = chosen->get_name() + '-' + std::to_string(getpid());
  for (auto& x : opts.seeds) {
    auto place = address_from(x);
    if (!place)
      return fail("--join wants HOST:PORT, not " + x);
    opts.place.seeds.push_back(*place);
  }
  rdma_copy::block_signals();
  rdma::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::kv_cluster>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  rdma::config cfg;
  cfg.load<caf::io::middleman>();
  cfg.set("caf.scheduler.policy", "sharing");
  cfg.set("rdma.worker-id", opts.name);
  if (auto err = cfg.parse(opts.for_caf); err != caf::none)
    return fail(to_string(err));
  caf::actor_system sys{cfg};
  if (chosen == router_command)
    return route(sys, opts);
  return chosen == prefill_command ? prefill(sys, opts) : decode(sys, opts);
}
