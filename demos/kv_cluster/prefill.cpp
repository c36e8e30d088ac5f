// SPDX-License-Identifier: BSD-3-Clause

#include "prefill.hpp"

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

prefill_state::prefill_state(prefill_actor::pointer self, std::string node,
                             rdma::connector_actor connector, pool memory)
  : self_(self),
    node_(std::move(node)),
    connector_(std::move(connector)),
    memory_(std::move(memory)),
    cache_(memory_.slots()) {
  // nop
}

prefill_actor::behavior_type prefill_state::make_behavior() {
  grant();
  self_->set_down_handler([this](const caf::down_msg& x) {
    for (auto id : owners_.remove(x.source))
      release(id);
  });
  return {
    [this](describe_atom) { return metadata_; },
    [this](prepare_atom, job_id id, std::vector<block_id>& ids) {
      return prepare(id, std::move(ids));
    },
    [this](push_atom, job_id id, std::vector<block_id>& ids,
           const push_plan& plan) { return push(id, std::move(ids), plan); },
    [this](release_atom, job_id id) { release(id); },
  };
}

void prefill_state::grant() {
  rdma::operation_options terms;
  terms.deadline = caf::infinite;
  terms.grant.claims = rdma::any_number_of_claims;
  terms.grant.blocks = true;
  auto fail = [this](caf::error& err) { self_->quit(std::move(err)); };
  self_
    ->request(connector_, caf::infinite, rdma::create_readable_atom_v,
              rdma::descriptor_list{memory_.memory()}, terms)
    .await(
      [this, fail](rdma::operation& x) {
        readable_ = std::move(x);
        self_->request(readable_.actor(), caf::infinite, rdma::metadata_atom_v)
          .await([this](const rdma::metadata& y) { metadata_ = to_text(y); },
                 fail);
      },
      fail);
}

// -- jobs --------------------------------------------------------------------

void prefill_state::own(job_id id) {
  auto& sender = self_->current_sender();
  if (sender && owners_.add(id, caf::actor_cast<caf::actor_addr>(sender)))
    self_->monitor(sender);
}

caf::expected<prefill_state::job_ptr>
prefill_state::hold(job_id id, std::vector<block_id> ids) {
  auto places = cache_.pin(ids);
  if (!places)
    return failure("the pool has no room for the blocks of a request");
  for (size_t i = 0; i < ids.size(); ++i)
    if (auto [slot, hit] = (*places)[i]; !hit)
      fill(ids[i], memory_.block(slot));
  release(id); // somebody asks twice
  own(id);
  auto result = std::make_shared<job>();
  result->ids = std::move(ids);
  result->places = std::move(*places);
  jobs_[id] = result;
  self_->delayed_send(self_, job_lease, release_atom_v, id);
  return result;
}

void prefill_state::release(job_id id) {
  owners_.remove(id);
  auto node = jobs_.extract(id);
  if (!node)
    return;
  auto& x = *node.mapped();
  x.released = true;
  if (x.write)
    self_->anon_send(x.write.actor(), rdma::cancel_atom_v);
  else
    tidy(x);
}

void prefill_state::tidy(job& x) {
  cache_.unpin(x.ids, x.places, true);
}

// -- blocks that are read ----------------------------------------------------

caf::result<fetch_plan> prefill_state::prepare(job_id id,
                                               std::vector<block_id> ids) {
  auto x = hold(id, std::move(ids));
  if (!x)
    return std::move(x.error());
  fetch_plan result{node_, memory_.block_size(), {}};
  for (auto [slot, hit] : (*x)->places)
    result.slots.push_back(slot);
  return result;
}

// -- blocks that are written -------------------------------------------------

caf::result<void> prefill_state::push(job_id id, std::vector<block_id> ids,
                                      const push_plan& plan) {
  auto fits = [&ids](uint64_t i) { return i < ids.size(); };
  if (plan.block_size != memory_.block_size() || plan.wanted.empty()
      || !std::ranges::all_of(plan.wanted, fits))
    return failure("the plan is for other blocks");
  auto to = rdma::metadata_from_text(plan.metadata);
  if (!to)
    return std::move(to.error());
  auto held = hold(id, std::move(ids));
  if (!held)
    return std::move(held.error());
  auto& x = *held;
  rdma::descriptor_list from;
  for (auto i : plan.wanted)
    from.push_back(memory_.describe(x->places[i].slot));
  rdma::operation_options opts;
  opts.deadline = transfer_deadline;
  auto promise = self_->make_response_promise<void>();
  auto failed = [this, x, promise](caf::error& reason) mutable {
    promise.deliver(std::move(reason));
    x->write = {};
    if (x->released)
      tidy(*x);
  };
  self_
    ->request(connector_, caf::infinite, rdma::begin_write_atom_v,
              std::move(from), std::move(*to), std::move(opts))
    .await(
      [this, x, promise, failed](rdma::operation& op) {
        x->write = std::move(op);
        self_->request(x->write.actor(), caf::infinite, rdma::wait_atom_v)
          .then(
            [this, x, promise](const rdma::report&) mutable {
              promise.deliver();
              x->write = {};
              if (x->released)
                tidy(*x);
            },
            failed);
      },
      failed);
  return promise;
}

} // namespace kv_cluster
