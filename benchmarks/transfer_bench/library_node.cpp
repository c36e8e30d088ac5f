// SPDX-License-Identifier: BSD-3-Clause

#include "library_node.hpp"

#include "loop_caller.hpp"
#include "memory.hpp"

#include <chrono>
#include <future>
#include <utility>

namespace transfer_bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds{60};

caf::actor_system_config& quiet(caf::actor_system_config& cfg) {
  // CAF's default policy, work stealing, looks for work 100 times a second.
  cfg.set("caf.scheduler.policy", "sharing");
  cfg.set("caf.scheduler.max-threads", 1);
  return cfg;
}

rdma::runtime make(caf::actor_system& sys, loop_mode mode) {
  rdma::runtime_options options;
  options.busy_poll = mode == loop_mode::polling;
  auto result = rdma::runtime::make(sys, std::move(options));
  if (!result)
    die("cannot start the library: " + to_string(result.error()));
  return std::move(*result);
}

rdma::descriptor_list describe(size_t slot, size_t size) {
  return {rdma::descriptor{memory_slot(slot, size)}};
}

} // namespace

library_node::library_node(loop_mode mode)
  : system_(quiet(config_)),
    runtime_(make(system_, mode)),
    connector_(runtime_.spawn_connector("bench")),
    self_(system_) {
  // nop
}

// -- passive side ------------------------------------------------------------

std::vector<std::string> library_node::create(const work& x) {
  std::vector<std::string> result;
  auto fail = [](const caf::error& err) { die(to_string(err)); };
  auto keep = [this](rdma::operation& op) {
    operations_.push_back(std::move(op));
  };
  auto print = [&result](const rdma::metadata& md) {
    result.push_back(to_text(md));
  };
  for (size_t i = 0; i < x.count; ++i) {
    auto local = describe(i % x.outstanding, x.size);
    if (x.mode == direction::write)
      self_
        ->request(connector_, patience, rdma::create_writable_atom_v,
                  std::move(local))
        .receive(keep, fail);
    else
      self_
        ->request(connector_, patience, rdma::create_readable_atom_v,
                  std::move(local))
        .receive(keep, fail);
    self_->request(operations_.back().actor(), patience, rdma::metadata_atom_v)
      .receive(print, fail);
  }
  return result;
}

// -- active side -------------------------------------------------------------

samples library_node::run(const work& x, std::vector<rdma::metadata> remote) {
  return x.who == caller::loop ? run_on_loop(x, std::move(remote))
                               : run_scoped(x, std::move(remote));
}

samples library_node::run_on_loop(const work& x,
                                  std::vector<rdma::metadata> remote) {
  auto promise = std::make_shared<std::promise<samples>>();
  auto result = promise->get_future();
  runtime_.loop().spawn<loop_caller>(connector_, x, std::move(remote), promise);
  return result.get();
}

samples library_node::run_scoped(const work& x,
                                 std::vector<rdma::metadata> remote) {
  samples result;
  result.us.reserve(x.count);
  auto start = clock::now();
  for (auto& md : remote) {
    rdma::operation op;
    auto fail = [](const caf::error& err) { die(to_string(err)); };
    auto keep = [&op](rdma::operation& y) { op = std::move(y); };
    auto begin = clock::now();
    auto local = describe(0, x.size);
    if (x.mode == direction::write)
      self_
        ->request(connector_, patience, rdma::begin_write_atom_v,
                  std::move(local), std::move(md))
        .receive(keep, fail);
    else
      self_
        ->request(connector_, patience, rdma::begin_read_atom_v, std::move(md),
                  std::move(local))
        .receive(keep, fail);
    self_->request(op.actor(), patience, rdma::wait_atom_v)
      .receive([&](const rdma::report& y) { result.lane = y.lane; }, fail);
    result.us.push_back(
      std::chrono::duration<double, std::micro>(clock::now() - begin).count());
  }
  result.seconds = std::chrono::duration<double>(clock::now() - start).count();
  return result;
}

} // namespace transfer_bench
