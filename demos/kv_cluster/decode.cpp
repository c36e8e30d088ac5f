// SPDX-License-Identifier: BSD-3-Clause

#include "decode.hpp"

#include "content.hpp"

#include <caf/actor_cast.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace kv_cluster {

namespace {

caf::error failure(std::string what) {
  return caf::make_error(caf::sec::runtime_error, std::move(what));
}

} // namespace

decode_state::decode_state(decode_impl_actor::pointer self,
                           rdma::connector_actor connector, pool memory)
  : self_(self),
    connector_(std::move(connector)),
    memory_(std::move(memory)),
    cache_(memory_.slots()) {
  // nop
}

decode_impl_actor::behavior_type decode_state::make_behavior() {
  self_->set_down_handler([this](const caf::down_msg& x) {
    for (auto id : owners_.remove(x.source))
      release(id);
  });
  return {
    [this](fetch_atom, job_id id, std::vector<block_id>& ids,
           fetch_plan& plan) {
      return fetch(id, std::move(ids), std::move(plan));
    },
    [this](accept_atom, job_id id, std::vector<block_id>& ids) {
      return accept(id, std::move(ids));
    },
    [this](collect_atom, job_id id) { return collect(id); },
    [this](release_atom, job_id id) { release(id); },
    [this](join_atom, const member& x) {
      if (x.role == "prefill")
        prefills_[x.name] = x.metadata;
    },
    [this](left_atom, const std::string& node) { prefills_.erase(node); },
    [](const link_report&) {},
  };
}

void decode_state::own(job_id id) {
  auto& sender = self_->current_sender();
  if (sender && owners_.add(id, caf::actor_cast<caf::actor_addr>(sender)))
    self_->monitor(sender);
}

// -- turns -------------------------------------------------------------------

void decode_state::in_turn(turn x) {
  auto moves = [this](block_id id) { return moving_.contains(id); };
  if (std::ranges::any_of(x.ids, moves))
    waiting_.push_back(std::move(x));
  else
    x.begin();
}

void decode_state::end_turn(const job& x) {
  for (size_t i = 0; i < x.ids.size(); ++i)
    if (!x.places[i].hit)
      moving_.erase(x.ids[i]);
  for (auto& next : std::exchange(waiting_, {}))
    in_turn(std::move(next));
}

decode_state::job_ptr decode_state::start(std::vector<block_id> ids,
                                          result_handler done) {
  auto places = cache_.pin(ids);
  if (!places) {
    done(failure("the pool has no room for the blocks of a request"));
    return nullptr;
  }
  auto result = std::make_shared<job>();
  result->ids = std::move(ids);
  result->places = std::move(*places);
  result->begin = clock::now();
  result->done = std::move(done);
  for (size_t i = 0; i < result->ids.size(); ++i)
    if (!result->places[i].hit)
      moving_.insert(result->ids[i]);
  return result;
}

void decode_state::await_end(const job_ptr& x) {
  self_->request(x->transfer.actor(), caf::infinite, rdma::wait_atom_v)
    .then([this, x](const rdma::report& end) { finish(x, end); },
          [this, x](const caf::error& err) { fail(x, err); });
}

void decode_state::finish(const job_ptr& x, const rdma::report& end) {
  std::chrono::duration<double> took = clock::now() - x->begin;
  fetch_report result;
  result.blocks = x->ids.size();
  result.bytes = end.bytes;
  result.seconds = took.count();
  result.lane = end.lane;
  for (size_t i = 0; i < x->ids.size(); ++i) {
    auto [slot, hit] = x->places[i];
    result.hits += hit;
    if (!check(x->ids[i], memory_.block(slot))) {
      fail(x, failure("block " + std::to_string(x->ids[i])
                      + " holds wrong bytes"));
      return;
    }
  }
  cache_.unpin(x->ids, x->places, true);
  x->transfer = {};
  x->done(std::move(result));
  end_turn(*x);
}

void decode_state::fail(const job_ptr& x, const caf::error& reason) {
  cache_.unpin(x->ids, x->places, false);
  x->transfer = {};
  x->done(reason);
  end_turn(*x);
}

// -- jobs that read ----------------------------------------------------------

caf::result<fetch_report>
decode_state::fetch(job_id id, std::vector<block_id> ids, fetch_plan plan) {
  if (plan.block_size != memory_.block_size()
      || plan.slots.size() != ids.size())
    return failure("the plan is for other blocks");
  own(id);
  auto promise = self_->make_response_promise<fetch_report>();
  auto done = [this, id, promise](caf::expected<fetch_report> x) mutable {
    owners_.remove(id);
    promise.deliver(std::move(x));
  };
  auto begin = [=, this, plan = std::move(plan)] {
    if (auto x = start(ids, done))
      read(x, plan);
  };
  in_turn({id, ids, std::move(begin)});
  return promise;
}

void decode_state::read(const job_ptr& x, const fetch_plan& plan) {
  rdma::operation_options opts;
  opts.deadline = transfer_deadline;
  auto size = memory_.block_size();
  for (size_t i = 0; i < x->ids.size(); ++i)
    if (auto [slot, hit] = x->places[i]; !hit)
      opts.blocks.add(0, plan.slots[i] * size, 0, slot * size, size);
  if (opts.blocks.empty()) {
    finish(x, {});
    return;
  }
  auto i = prefills_.find(plan.node);
  if (i == prefills_.end()) {
    fail(x, failure("nobody here knows " + plan.node));
    return;
  }
  auto from = rdma::metadata_from_text(i->second);
  if (!from) {
    fail(x, from.error());
    return;
  }
  self_
    ->request(connector_, caf::infinite, rdma::begin_read_atom_v,
              std::move(*from), rdma::descriptor_list{memory_.memory()},
              std::move(opts))
    .then(
      [this, x](rdma::operation& op) {
        x->transfer = std::move(op);
        await_end(x);
      },
      [this, x](const caf::error& err) { fail(x, err); });
}

// -- jobs that are written to ------------------------------------------------

caf::result<push_plan> decode_state::accept(job_id id,
                                            std::vector<block_id> ids) {
  if (accepted_.contains(id))
    return failure("this job has been accepted before");
  own(id);
  accepted_[id];
  self_->delayed_send(self_, job_lease, release_atom_v, id);
  auto promise = self_->make_response_promise<push_plan>();
  auto done = [this, id, promise](caf::expected<fetch_report> x) mutable {
    if (promise.pending() && !x) // before there was a plan
      promise.deliver(x.error());
    auto i = accepted_.find(id);
    if (i == accepted_.end())
      return; // it was given up
    i->second.ended = true;
    i->second.result = std::move(x);
    for (auto& y : std::exchange(i->second.asked, {}))
      y.deliver(i->second.result);
  };
  auto begin = [=, this] {
    if (auto x = start(ids, done))
      make_room(id, x, promise);
  };
  in_turn({id, ids, std::move(begin)});
  return promise;
}

void decode_state::make_room(job_id id, const job_ptr& x,
                             caf::typed_response_promise<push_plan> promise) {
  push_plan plan;
  plan.block_size = memory_.block_size();
  rdma::descriptor_list room;
  for (size_t i = 0; i < x->ids.size(); ++i)
    if (auto [slot, hit] = x->places[i]; !hit) {
      plan.wanted.push_back(i);
      room.push_back(memory_.describe(slot));
    }
  if (room.empty()) {
    promise.deliver(std::move(plan));
    finish(x, {});
    return;
  }
  rdma::operation_options opts;
  opts.deadline = transfer_deadline;
  auto failed = [this, x](const caf::error& err) { fail(x, err); };
  self_
    ->request(connector_, caf::infinite, rdma::create_writable_atom_v,
              std::move(room), std::move(opts))
    .then(
      [=, this](rdma::operation& op) {
        auto i = accepted_.find(id);
        if (i == accepted_.end()) {
          fail(x, failure("the job was given up"));
          return;
        }
        x->transfer = std::move(op);
        i->second.transfer = x->transfer;
        self_
          ->request(x->transfer.actor(), caf::infinite, rdma::metadata_atom_v)
          .then(
            [=, this](const rdma::metadata& md) mutable {
              plan.metadata = to_text(md);
              promise.deliver(plan);
              await_end(x);
            },
            failed);
      },
      failed);
}

caf::result<fetch_report> decode_state::collect(job_id id) {
  auto i = accepted_.find(id);
  if (i == accepted_.end())
    return failure("there is no such job");
  if (i->second.ended)
    return i->second.result;
  i->second.asked.push_back(self_->make_response_promise<fetch_report>());
  return i->second.asked.back();
}

// A job that has begun ends with its transfer.
void decode_state::release(job_id id) {
  owners_.remove(id);
  std::erase_if(waiting_, [id](auto& x) { return x.id == id; });
  auto node = accepted_.extract(id);
  if (!node)
    return;
  auto& x = node.mapped();
  if (!x.ended && x.transfer)
    self_->anon_send(x.transfer.actor(), rdma::cancel_atom_v);
  for (auto& y : x.asked)
    y.deliver(failure("the job was given up"));
}

} // namespace kv_cluster
