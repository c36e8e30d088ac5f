// SPDX-License-Identifier: BSD-3-Clause

#include "prefill.hpp"

#include "content.hpp"

#include <caf/sec.hpp>

#include <utility>

namespace kv_cluster {

prefill_state::prefill_state(prefill_actor::pointer self,
                             rdma::connector_actor connector, pool memory)
  : self_(self),
    connector_(std::move(connector)),
    memory_(std::move(memory)),
    cache_(memory_.slots()) {
  // nop
}

prefill_actor::behavior_type prefill_state::make_behavior() {
  grant();
  return {
    [this](prepare_atom, job_id id, std::vector<block_id>& ids) {
      return prepare(id, std::move(ids));
    },
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

caf::result<fetch_plan> prefill_state::prepare(job_id id,
                                               std::vector<block_id> ids) {
  auto places = cache_.pin(ids);
  if (!places)
    return caf::make_error(caf::sec::runtime_error,
                           "the pool has no room for the blocks of a request");
  fetch_plan result{metadata_, memory_.block_size(), {}};
  for (size_t i = 0; i < ids.size(); ++i) {
    auto [slot, hit] = (*places)[i];
    if (!hit)
      fill(ids[i], memory_.block(slot));
    result.slots.push_back(slot);
  }
  release(id); // somebody asks twice
  jobs_[id] = {std::move(ids), std::move(*places)};
  self_->delayed_send(self_, job_lease, release_atom_v, id);
  return result;
}

void prefill_state::release(job_id id) {
  auto node = jobs_.extract(id);
  if (node)
    cache_.unpin(node.mapped().ids, node.mapped().places, true);
}

} // namespace kv_cluster
