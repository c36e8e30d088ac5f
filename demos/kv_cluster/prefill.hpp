// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "block_cache.hpp"
#include "job_owners.hpp"
#include "pool.hpp"
#include "protocol.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace kv_cluster {

class prefill_state {
public:
  static inline const char* name = "kv.prefill";

  /// `node` is the name that others know this node by.
  prefill_state(prefill_actor::pointer self, std::string node,
                rdma::connector_actor connector, pool memory);

  prefill_actor::behavior_type make_behavior();

private:
  struct job {
    std::vector<block_id> ids;
    std::vector<block_cache::place> places;
    bool released = false;
    // Reads the places until it has ended.
    rdma::operation write;
  };

  using job_ptr = std::shared_ptr<job>;

  /// Lets anybody with the metadata read the pool. The metadata are there
  /// before the first request is handled.
  void grant();

  /// Lets the job be released if the sender of the request dies. To be called
  /// before there is a promise, which takes the sender away.
  void own(job_id id);

  /// Puts all blocks in place, in a job that is held until it is released.
  caf::expected<job_ptr> hold(job_id id, std::vector<block_id> ids);

  caf::result<fetch_plan> prepare(job_id id, std::vector<block_id> ids);

  caf::result<void> push(job_id id, std::vector<block_id> ids,
                         const push_plan& plan);

  void release(job_id id);

  /// Gives up the places of a job that nobody needs any more.
  void tidy(job& x);

  prefill_actor::pointer self_;
  std::string node_;
  rdma::connector_actor connector_;
  pool memory_;
  block_cache cache_;
  job_owners owners_;
  rdma::operation readable_;
  std::string metadata_;
  std::unordered_map<job_id, job_ptr> jobs_;
};

using prefill_impl = prefill_actor::stateful_impl<prefill_state>;

} // namespace kv_cluster
