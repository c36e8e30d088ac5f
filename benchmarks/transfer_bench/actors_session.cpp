// SPDX-License-Identifier: BSD-3-Clause

#include "actors_session.hpp"

#include "bare_actors.hpp"
#include "loop_caller.hpp"

#include <future>
#include <utility>

namespace transfer_bench {

namespace {

rdma::progress_loop::options loop_options(loop_mode mode) {
  rdma::progress_loop::options result;
  if (mode == loop_mode::polling)
    result.spin = caf::infinite;
  return result;
}

/// As large as that of a runtime on this host.
rdma::metadata sample_metadata(const work& x) {
  rdma::metadata result;
  result.worker.address.resize(200);
  rdma::remote_descriptor block{x.size / x.blocks, rdma::cpu};
  result.descriptors.assign(x.blocks, block);
  return result;
}

} // namespace

actors_session::actors_session(loop_mode mode)
  : system_(config_), loop_(system_, loop_options(mode)) {
  loop_.start("bench.loop");
}

samples actors_session::run(const work& x) {
  auto promise = std::make_shared<std::promise<samples>>();
  auto result = promise->get_future();
  loop_.spawn<loop_caller>(spawn_bare_connector(loop_), x, 0,
                           std::vector(x.count, sample_metadata(x)), promise);
  return result.get();
}

} // namespace transfer_bench
