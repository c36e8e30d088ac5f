// SPDX-License-Identifier: BSD-3-Clause

#include "router.hpp"

#include <caf/actor_cast.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace kv_cluster {

namespace {

/// A node that says nothing for so long has lost its job.
constexpr auto patience = std::chrono::seconds{6};

/// A request that fails so often will always fail.
constexpr size_t max_attempts = 50;

/// Between an attempt that has failed and the next.
constexpr size_t max_pauses = 20;

using seconds = std::chrono::duration<double>;

/// In seconds. It goes on when a router is started again.
double system_time() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return seconds(now).count();
}

/// Nodes may still know the jobs of a router that has died.
job_id first_job() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<job_id>(
    std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

} // namespace

router_state::router_state(router_impl_actor::pointer self,
                           router_options options, journal served,
                           listener progress, listener done)
  : self_(self),
    options_(std::move(options)),
    journal_(std::move(served)),
    progress_(std::move(progress)),
    done_(std::move(done)),
    begin_(system_time()),
    prefill_placement_(options_.max_load),
    decode_placement_(options_.max_load),
    next_job_(first_job()) {
  // nop
}

router_impl_actor::behavior_type router_state::make_behavior() {
  schedule();
  self_->delayed_send(self_, options_.interval, report_atom_v);
  return {
    [this](join_atom, const member& x) { join(x); },
    [this](left_atom, const std::string& node) { leave(node); },
    [this](const link_report& x) { note(x); },
    [this](submit_atom, uint64_t index) { submit(index); },
    [this](report_atom) {
      progress_(look());
      self_->delayed_send(self_, options_.interval, report_atom_v);
    },
  };
}

overview router_state::look() const {
  auto loads = prefill_placement_.loads();
  loads.merge(decode_placement_.loads());
  return {statistics_,
          options_.requests.size(),
          waiting_.size(),
          begin_,
          system_time(),
          std::move(loads),
          reachability_.broken(clock::now())};
}

// -- nodes -------------------------------------------------------------------

void router_state::join(const member& x) {
  if (!x.service)
    return; // another router, or nonsense
  if (x.role == "prefill") {
    prefills_[x.name] = caf::actor_cast<prefill_actor>(x.service);
    prefill_placement_.add(x.name, x.slots);
  } else if (x.role == "decode") {
    decodes_[x.name] = caf::actor_cast<decode_actor>(x.service);
    decode_placement_.add(x.name, x.slots);
  }
  dispatch();
}

void router_state::leave(const std::string& node) {
  if (prefills_.contains(node) || decodes_.contains(node))
    statistics_.node_lost();
  fail_jobs([&node](
              const job& x) { return x.prefill == node || x.decode == node; },
            caf::make_error(caf::sec::request_receiver_down));
  prefills_.erase(node);
  decodes_.erase(node);
  prefill_placement_.remove(node);
  decode_placement_.remove(node);
  reachability_.forget(node);
}

void router_state::note(const link_report& x) {
  reachability_.note(x, clock::now());
  if (x.up)
    return;
  fail_jobs(
    [&x](const job& y) {
      return (x.from == y.decode && x.to == y.prefill)
             || (x.from == y.prefill && x.to == y.decode);
    },
    x.reason);
  self_->run_delayed(reachability::penalty + options_.pause,
                     [this] { dispatch(); });
}

template <class Predicate>
void router_state::fail_jobs(Predicate pred, const caf::error& reason) {
  std::vector<job_id> lost;
  for (auto& [id, x] : jobs_)
    if (pred(x))
      lost.push_back(id);
  for (auto id : lost)
    fail(id, reason);
}

bool router_state::reachable(const std::string& decode) const {
  auto now = clock::now();
  return std::any_of(prefills_.begin(), prefills_.end(), [&](auto& x) {
    return reachability_.permits(x.first, decode, now);
  });
}

// -- requests ----------------------------------------------------------------

void router_state::schedule() {
  std::set<uint64_t> served;
  for (auto& x : journal_.entries())
    if (x.index < options_.requests.size() && served.insert(x.index).second) {
      statistics_.add(x);
      begin_ = std::min(begin_, x.time - x.latency);
    }
  seconds passed{system_time() - begin_};
  for (uint64_t i = 0; i < options_.requests.size(); ++i) {
    if (served.contains(i))
      continue;
    seconds delay{0};
    if (options_.speed > 0)
      delay = std::max<seconds>(
        delay, options_.requests[i].timestamp / options_.speed - passed);
    self_->delayed_send(
      self_, std::chrono::duration_cast<std::chrono::nanoseconds>(delay),
      submit_atom_v, i);
  }
  finish_if_done();
}

void router_state::submit(uint64_t index) {
  if (jobs_.empty() && waiting_.empty() && statistics_.ended() == 0)
    begin_ = system_time();
  waiting_.push_back({index, clock::now()});
  dispatch();
}

void router_state::dispatch() {
  while (!waiting_.empty() && start(waiting_.front()))
    waiting_.pop_front();
}

bool router_state::start(request& x) {
  auto& ids = ids_of(x);
  auto decode = decode_placement_.choose(ids, [this](const std::string& node) {
    return reachable(node);
  });
  if (!decode)
    return false;
  auto now = clock::now();
  auto prefill = prefill_placement_.choose(ids, [&](const std::string& node) {
    return reachability_.permits(node, *decode, now);
  });
  if (!prefill) {
    decode_placement_.done(*decode, ids, false);
    return false;
  }
  ++x.attempts;
  auto id = next_job_++;
  jobs_.emplace(id, job{x, *prefill, *decode});
  if (writes(x))
    accept(id);
  else
    prepare(id);
  return true;
}

bool router_state::writes(const request& x) const {
  if (options_.mode == transfer_mode::mixed)
    return x.index % 2 == 0;
  return options_.mode == transfer_mode::write;
}

// -- jobs that read ----------------------------------------------------------

void router_state::prepare(job_id id) {
  auto& x = jobs_.at(id);
  self_
    ->request(prefills_.at(x.prefill), patience, prepare_atom_v, id,
              ids_of(x.what))
    .then([this, id](const fetch_plan& plan) { fetch(id, plan); },
          [this, id](const caf::error& err) { fail(id, err); });
}

void router_state::fetch(job_id id, const fetch_plan& plan) {
  auto i = jobs_.find(id);
  if (i == jobs_.end())
    return;
  auto& x = i->second;
  self_
    ->request(decodes_.at(x.decode), patience, fetch_atom_v, id, ids_of(x.what),
              plan)
    .then([this, id](const fetch_report& report) { finish(id, report); },
          [this, id](const caf::error& err) { fail(id, err); });
}

// -- jobs that write ---------------------------------------------------------

void router_state::accept(job_id id) {
  auto& x = jobs_.at(id);
  self_
    ->request(decodes_.at(x.decode), patience, accept_atom_v, id,
              ids_of(x.what))
    .then([this, id](const push_plan& plan) { push(id, plan); },
          [this, id](const caf::error& err) { fail(id, err); });
}

void router_state::push(job_id id, const push_plan& plan) {
  auto i = jobs_.find(id);
  if (i == jobs_.end())
    return;
  if (plan.wanted.empty()) {
    collect(id);
    return;
  }
  auto& x = i->second;
  self_
    ->request(prefills_.at(x.prefill), patience, push_atom_v, id,
              ids_of(x.what), plan)
    .then([this, id] { collect(id); },
          [this, id](const caf::error& err) { fail(id, err); });
}

void router_state::collect(job_id id) {
  auto i = jobs_.find(id);
  if (i == jobs_.end())
    return;
  self_->request(decodes_.at(i->second.decode), patience, collect_atom_v, id)
    .then([this, id](const fetch_report& report) { finish(id, report); },
          [this, id](const caf::error& err) { fail(id, err); });
}

// -- the end -----------------------------------------------------------------

void router_state::finish(job_id id, const fetch_report& x) {
  if (!jobs_.contains(id))
    return;
  auto ended = end(id, true);
  seconds latency = clock::now() - ended.what.begin;
  journal_entry served{ended.what.index, x,
                       latency.count(),  ended.what.attempts,
                       system_time(),    ended.prefill,
                       ended.decode};
  journal_.add(served);
  statistics_.add(std::move(served));
  finish_if_done();
  dispatch();
}

void router_state::fail(job_id id, const caf::error& reason) {
  if (!jobs_.contains(id))
    return;
  auto ended = end(id, false);
  statistics_.failed(reason);
  if (ended.what.attempts == max_attempts) {
    statistics_.give_up();
    finish_if_done();
    return;
  }
  // Not at once: the nodes that are left may be busy, or about to leave, too.
  auto n = std::min(ended.what.attempts, max_pauses);
  self_->run_delayed(options_.pause * n, [this, x = ended.what] {
    waiting_.push_front(x);
    dispatch();
  });
}

router_state::job router_state::end(job_id id, bool good) {
  auto result = std::move(jobs_.extract(id).mapped());
  auto& ids = ids_of(result.what);
  if (auto i = prefills_.find(result.prefill); i != prefills_.end())
    self_->send(i->second, release_atom_v, id);
  if (auto i = decodes_.find(result.decode); i != decodes_.end())
    self_->send(i->second, release_atom_v, id);
  prefill_placement_.done(result.prefill, ids, good);
  decode_placement_.done(result.decode, ids, good);
  return result;
}

void router_state::finish_if_done() {
  if (statistics_.ended() == options_.requests.size())
    done_(look());
}

} // namespace kv_cluster
