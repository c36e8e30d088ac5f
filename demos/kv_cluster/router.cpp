// SPDX-License-Identifier: BSD-3-Clause

#include "router.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace kv_cluster {

namespace {

/// In seconds. It goes on when a router is started again.
double system_time() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

/// A node that says nothing for so long has lost its job.
constexpr auto patience = std::chrono::seconds{6};

/// A request that fails so often will always fail.
constexpr size_t max_attempts = 50;

/// Between an attempt that has failed and the next.
constexpr auto pause = std::chrono::milliseconds{50};

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
    decode_placement_(options_.max_load) {
  // nop
}

router_impl_actor::behavior_type router_state::make_behavior() {
  self_->set_down_handler([this](const caf::down_msg& x) { leave(x.source); });
  schedule();
  self_->delayed_send(self_, std::chrono::seconds{1}, report_atom_v);
  return {
    [this](join_atom, const std::string& node, uint64_t slots,
           prefill_actor& x) {
      join(prefills_, prefill_placement_, node, slots, std::move(x));
    },
    [this](join_atom, const std::string& node, uint64_t slots,
           decode_actor& x) {
      join(decodes_, decode_placement_, node, slots, std::move(x));
    },
    [this](submit_atom, uint64_t index) { submit(index); },
    [this](report_atom) {
      progress_(statistics_, seconds());
      self_->delayed_send(self_, std::chrono::seconds{1}, report_atom_v);
    },
  };
}

// -- nodes -------------------------------------------------------------------

template <class Handle>
void router_state::join(std::map<std::string, Handle>& to, placement& where,
                        const std::string& node, size_t slots, Handle hdl) {
  self_->monitor(hdl);
  to[node] = std::move(hdl);
  where.add(node, slots);
  dispatch();
}

void router_state::leave(const caf::actor_addr& node) {
  auto drop = [&](auto& from, placement& where) {
    for (auto i = from.begin(); i != from.end(); ++i)
      if (i->second.address() == node) {
        statistics_.node_lost();
        where.remove(i->first);
        from.erase(i);
        return;
      }
  };
  drop(prefills_, prefill_placement_);
  drop(decodes_, decode_placement_);
}

// -- requests ----------------------------------------------------------------

void router_state::schedule() {
  std::set<uint64_t> served;
  for (auto& x : journal_.entries())
    if (x.index < options_.requests.size() && served.insert(x.index).second) {
      statistics_.add(x.report, x.latency, x.attempts);
      begin_ = std::min(begin_, x.time - x.latency);
    }
  for (uint64_t i = 0; i < options_.requests.size(); ++i) {
    if (served.contains(i))
      continue;
    std::chrono::duration<double> delay = options_.requests[i].timestamp;
    if (options_.speed > 0)
      delay /= options_.speed;
    else
      delay = {};
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
  auto decode = decode_placement_.choose(ids);
  if (!decode)
    return false;
  auto prefill = prefill_placement_.choose(ids);
  if (!prefill) {
    decode_placement_.done(*decode, ids, false);
    return false;
  }
  ++x.attempts;
  auto id = next_job_++;
  jobs_.emplace(id, job{x, *prefill, *decode});
  self_->request(prefills_.at(*prefill), patience, prepare_atom_v, id, ids)
    .then([this, id](const fetch_plan& plan) { fetch(id, plan); },
          [this, id](const caf::error& err) { fail(id, err); });
  return true;
}

void router_state::fetch(job_id id, const fetch_plan& plan) {
  auto& x = jobs_.at(id);
  auto i = decodes_.find(x.decode);
  if (i == decodes_.end()) {
    fail(id, caf::make_error(caf::sec::request_receiver_down));
    return;
  }
  self_->request(i->second, patience, fetch_atom_v, id, ids_of(x.what), plan)
    .then([this, id](const fetch_report& report) { finish(id, report); },
          [this, id](const caf::error& err) { fail(id, err); });
}

void router_state::finish(job_id id, const fetch_report& x) {
  auto ended = end(id, true);
  std::chrono::duration<double> latency = clock::now() - ended.what.begin;
  statistics_.add(x, latency.count(), ended.what.attempts);
  journal_.add(
    {ended.what.index, x, latency.count(), ended.what.attempts, system_time()});
  finish_if_done();
  dispatch();
}

void router_state::finish_if_done() {
  if (statistics_.ended() == options_.requests.size())
    done_(statistics_, seconds());
}

void router_state::fail(job_id id, const caf::error& reason) {
  auto ended = end(id, false);
  statistics_.failed(reason);
  if (ended.what.attempts == max_attempts) {
    statistics_.give_up();
    finish_if_done();
    return;
  }
  // Not at once: the nodes that are left may be busy, or about to leave, too.
  self_->run_delayed(pause, [this, x = ended.what] {
    waiting_.push_front(x);
    dispatch();
  });
}

router_state::job router_state::end(job_id id, bool good) {
  auto result = std::move(jobs_.extract(id).mapped());
  auto& ids = ids_of(result.what);
  if (auto i = prefills_.find(result.prefill); i != prefills_.end())
    self_->send(i->second, release_atom_v, id);
  prefill_placement_.done(result.prefill, ids, good);
  decode_placement_.done(result.decode, ids, good);
  return result;
}

double router_state::seconds() const {
  return system_time() - begin_;
}

} // namespace kv_cluster
