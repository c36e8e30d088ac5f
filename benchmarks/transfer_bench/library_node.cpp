// SPDX-License-Identifier: BSD-3-Clause

#include "library_node.hpp"

#include "bulk_caller.hpp"
#include "cycle_client.hpp"
#include "cycle_server.hpp"
#include "granted_caller.hpp"
#include "loop_caller.hpp"
#include "requests.hpp"
#include "scoped_cycles.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

namespace transfer_bench {

namespace {

using clock = std::chrono::steady_clock;

/// Requests to have under way while passive operations are made.
constexpr size_t batch = 64;

/// Transfers that one caller has under way: CAF 0.18 looks through all pending
/// responses of an actor for each one that comes.
constexpr size_t most_pending = 100;

size_t callers_per_loop(size_t outstanding) {
  return std::max(size_t{1}, (outstanding + most_pending - 1) / most_pending);
}

caf::actor_system_config& quiet(caf::actor_system_config& cfg) {
  // CAF's default policy, work stealing, looks for work 100 times a second.
  cfg.set("caf.scheduler.policy", "sharing");
  cfg.set("caf.scheduler.max-threads", 1);
  return cfg;
}

/// The one place that knows the library's option.
rdma::runtime make(caf::actor_system& sys, loop_mode mode,
                   const std::string& lane) {
  rdma::runtime_options options;
  options.busy_poll = mode == loop_mode::polling;
  if (mode == loop_mode::sleeping)
    options.spin = caf::timespan{0};
  options.transport.lane = lane;
  auto result = rdma::runtime::make(sys, std::move(options));
  if (!result)
    die("cannot start the library: " + to_string(result.error()));
  return std::move(*result);
}

} // namespace

std::vector<std::string> library_lanes() {
  return {"local", "ucx"};
}

library_node::library_node(loop_mode mode, const std::string& lane,
                           size_t runtimes)
  : system_(quiet(config_)), self_(system_) {
  nodes_.reserve(runtimes);
  for (size_t i = 0; i < runtimes; ++i) {
    auto runtime = make(system_, mode, lane);
    auto connector = runtime.spawn_connector("bench");
    nodes_.push_back({std::move(runtime), std::move(connector)});
  }
}

// -- passive side ------------------------------------------------------------

std::vector<std::string> library_node::create(const work& x) {
  std::vector<std::string> result;
  auto first = operations_.size();
  auto keep = [this](rdma::operation& op) {
    operations_.push_back(std::move(op));
  };
  auto create_one = [this, &x](size_t i) {
    return request_create(self_.ptr(), nodes_[i % nodes_.size()].connector,
                          x.mode, local_memory(i % x.outstanding, x));
  };
  auto print = [&result](const rdma::metadata& md) {
    result.push_back(to_text(md));
  };
  auto get_metadata = [this](const rdma::operation& op) {
    return self_->request(op.actor(), no_timeout, rdma::metadata_atom_v);
  };
  for (size_t i = 0; i < x.count; i += batch) {
    auto n = std::min(batch, x.count - i);
    std::vector<decltype(create_one(0))> created;
    for (size_t j = i; j < i + n; ++j)
      created.push_back(create_one(j));
    for (auto& answer : created)
      answer.receive(keep, failed(x));
    std::vector<decltype(get_metadata({}))> asked;
    for (size_t j = i; j < i + n; ++j)
      asked.push_back(get_metadata(operations_[first + j]));
    for (auto& answer : asked)
      answer.receive(print, failed(x));
  }
  return result;
}

std::string library_node::grant(const work& x) {
  rdma::operation_options opts;
  opts.grant.claims = rdma::any_number_of_claims;
  opts.grant.blocks = true;
  opts.grant.verify = x.kind == work_kind::verified;
  rdma::descriptor_list local{rdma::descriptor{memory()}};
  auto& at = nodes_.front().connector;
  auto answer = x.mode == direction::write
                  ? self_->request(at, no_timeout, rdma::create_writable_atom_v,
                                   std::move(local), std::move(opts))
                  : self_->request(at, no_timeout, rdma::create_readable_atom_v,
                                   std::move(local), std::move(opts));
  answer.receive([this](rdma::operation& op) { operations_.push_back(op); },
                 failed(x));
  std::string result;
  self_->request(operations_.back().actor(), no_timeout, rdma::metadata_atom_v)
    .receive([&](const rdma::metadata& md) { result = to_text(md); },
             failed(x));
  return result;
}

void library_node::serve_cycles(const work& x, line_channel& peer) {
  auto& node = nodes_.front();
  if (x.who == caller::scoped) {
    serve_scoped_cycles(self_, node.connector, x, peer);
    return;
  }
  auto promise = std::make_shared<std::promise<void>>();
  auto result = promise->get_future();
  node.runtime.loop().spawn<cycle_server>(node.connector, x, peer, promise);
  result.get();
}

// -- active side -------------------------------------------------------------

samples library_node::run(const work& x, std::vector<rdma::metadata> remote) {
  return x.who == caller::loop ? run_on_loops(x, std::move(remote))
                               : run_scoped(x, std::move(remote));
}

template <class Spawn>
samples library_node::run_callers(const work& x, Spawn spawn) {
  // Callers take turns with the connectors.
  auto n = nodes_.size() * callers_per_loop(x.outstanding / nodes_.size());
  auto part = x;
  part.outstanding = std::max(size_t{1}, x.outstanding / n);
  part.count = std::max(size_t{1}, x.count / n);
  std::vector<std::future<samples>> results;
  auto start = clock::now();
  for (size_t i = 0; i < n; ++i) {
    auto promise = std::make_shared<std::promise<samples>>();
    results.push_back(promise->get_future());
    spawn(i, n, part, promise);
  }
  auto result = results.front().get();
  for (size_t i = 1; i < results.size(); ++i) {
    auto other = results[i].get();
    result.us.insert(result.us.end(), other.us.begin(), other.us.end());
    result.seconds
      = std::chrono::duration<double>(clock::now() - start).count();
  }
  return result;
}

samples library_node::run_on_loops(const work& x,
                                   std::vector<rdma::metadata> remote) {
  return run_callers(x, [&](size_t i, size_t n, const work& part, auto result) {
    std::vector<rdma::metadata> share;
    for (auto j = i; j < remote.size(); j += n)
      share.push_back(std::move(remote[j]));
    auto& at = nodes_[i % nodes_.size()];
    at.runtime.loop().spawn<loop_caller>(at.connector, part,
                                         i * part.outstanding, std::move(share),
                                         std::move(result));
  });
}

samples library_node::run_granted(const work& x, const rdma::metadata& remote) {
  caf::actor bulk;
  if (x.kind == work_kind::crowded) {
    auto started = std::make_shared<std::promise<void>>();
    auto& at = nodes_.front();
    bulk = at.runtime.loop().spawn<bulk_caller>(at.connector, x, remote,
                                                started);
    started->get_future().get();
  }
  auto result = run_granted_callers(x, remote);
  if (bulk) {
    self_->send_exit(bulk, caf::exit_reason::kill);
    self_->wait_for(bulk);
  }
  return result;
}

samples library_node::run_granted_callers(const work& x,
                                          const rdma::metadata& remote) {
  return run_callers(x, [&](size_t i, size_t, const work& part, auto result) {
    auto& at = nodes_[i % nodes_.size()];
    at.runtime.loop().spawn<granted_caller>(at.connector, part,
                                            i * part.outstanding, remote,
                                            std::move(result));
  });
}

samples library_node::run_scoped(const work& x,
                                 std::vector<rdma::metadata> remote) {
  samples result;
  result.us.reserve(x.count);
  auto start = clock::now();
  for (auto& md : remote) {
    rdma::operation op;
    auto begin = clock::now();
    request_begin(self_.ptr(), nodes_.front().connector, x.mode,
                  local_memory(0, x), std::move(md))
      .receive([&op](rdma::operation& y) { op = std::move(y); }, failed(x));
    self_->request(op.actor(), no_timeout, rdma::wait_atom_v)
      .receive([&](const rdma::report& y) { result.lane = y.lane; }, failed(x));
    result.us.push_back(
      std::chrono::duration<double, std::micro>(clock::now() - begin).count());
  }
  result.seconds = std::chrono::duration<double>(clock::now() - start).count();
  return result;
}

samples library_node::run_cycles(const work& x, line_channel& peer) {
  auto& node = nodes_.front();
  if (x.who == caller::scoped)
    return run_scoped_cycles(self_, node.connector, x, peer);
  auto promise = std::make_shared<std::promise<samples>>();
  auto result = promise->get_future();
  node.runtime.loop().spawn<cycle_client>(node.connector, x, peer, promise);
  return result.get();
}

} // namespace transfer_bench
