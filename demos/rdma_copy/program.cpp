// SPDX-License-Identifier: BSD-3-Clause

#include "program.hpp"

#include "failure.hpp"
#include "protocol.hpp"
#include "signals.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include <cstdio>

namespace rdma_copy {

namespace {

int report(const caf::error& err) {
  if (err == caf::none)
    return 0;
  std::fprintf(stderr, "rdma_copy: %s\n", sentence(err).c_str());
  return 1;
}

} // namespace

int run(
  const options& opts,
  const std::function<caf::error(caf::actor_system&, rdma::runtime&)>& f) {
  block_signals();
  rdma::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::rdma_copy>();
  caf::init_global_meta_objects<caf::id_block::rdma_copy_actors>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  rdma::config cfg;
  cfg.load<caf::io::middleman>();
  // Work stealing, CAF's default, keeps idle threads looking for work: on two
  // cores that took as much CPU time as the copy itself.
  cfg.set("caf.scheduler.policy", "sharing");
  if (auto err = cfg.parse(opts.for_caf); err != caf::none)
    return report(err);
  if (cfg.cli_helptext_printed)
    return 0;
  caf::actor_system sys{cfg};
  auto runtime = rdma::runtime::make(sys); // goes before `sys`
  if (!runtime)
    return report(runtime.error());
  // What follows the report, i.e., the end of the runtime, may take seconds if
  // the peer hangs.
  return report(f(sys, *runtime));
}

} // namespace rdma_copy
