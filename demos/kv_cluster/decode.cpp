// SPDX-License-Identifier: BSD-3-Clause

#include "decode.hpp"

#include "content.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace kv_cluster {

namespace {

/// Most that a fetch may take; then another node gets its turn.
constexpr auto fetch_deadline = std::chrono::seconds{3};

caf::error failure(std::string what) {
  return caf::make_error(caf::sec::runtime_error, std::move(what));
}

} // namespace

decode_state::decode_state(decode_actor::pointer self,
                           rdma::connector_actor connector, pool memory)
  : self_(self),
    connector_(std::move(connector)),
    memory_(std::move(memory)),
    cache_(memory_.slots()) {
  // nop
}

decode_actor::behavior_type decode_state::make_behavior() {
  return {
    [this](fetch_atom, job_id, std::vector<block_id>& ids,
           const fetch_plan& plan) { return fetch(std::move(ids), plan); },
  };
}

// One job after the other (`await`): a block that another job is still fetching
// would be a hit that is not there yet.
caf::result<fetch_report> decode_state::fetch(std::vector<block_id> ids,
                                              const fetch_plan& plan) {
  if (plan.block_size != memory_.block_size()
      || plan.slots.size() != ids.size())
    return failure("the plan is for other blocks");
  auto from = rdma::metadata_from_text(plan.metadata);
  if (!from)
    return std::move(from.error());
  auto places = cache_.pin(ids);
  if (!places)
    return failure("the pool has no room for the blocks of a request");
  rdma::operation_options opts;
  opts.deadline = fetch_deadline;
  auto size = memory_.block_size();
  for (size_t i = 0; i < ids.size(); ++i)
    if (auto [slot, hit] = (*places)[i]; !hit)
      opts.blocks.add(0, plan.slots[i] * size, 0, slot * size, size);
  auto x = std::make_shared<job>();
  x->ids = std::move(ids);
  x->places = std::move(*places);
  x->promise = self_->make_response_promise<fetch_report>();
  x->begin = clock::now();
  if (opts.blocks.empty())
    finish(x, {});
  else
    read(x, *from, std::move(opts));
  return x->promise;
}

void decode_state::read(const job_ptr& x, const rdma::metadata& from,
                        rdma::operation_options opts) {
  auto failed = [this, x](const caf::error& err) { fail(x, err); };
  self_
    ->request(connector_, caf::infinite, rdma::begin_read_atom_v, from,
              rdma::descriptor_list{memory_.memory()}, std::move(opts))
    .await(
      [this, x, failed](rdma::operation& op) {
        x->read = std::move(op);
        self_->request(x->read.actor(), caf::infinite, rdma::wait_atom_v)
          .await([this, x](const rdma::report& end) { finish(x, end); },
                 failed);
      },
      failed);
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
  x->read = {};
  x->promise.deliver(std::move(result));
}

void decode_state::fail(const job_ptr& x, const caf::error& reason) {
  cache_.unpin(x->ids, x->places, false);
  x->read = {};
  x->promise.deliver(reason);
}

} // namespace kv_cluster
