// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "block_cache.hpp"
#include "pool.hpp"
#include "protocol.hpp"

#include "caf_rdma/actors/connector.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <string>
#include <unordered_map>

namespace kv_cluster {

/// A router that has died releases nothing.
inline constexpr auto job_lease = std::chrono::seconds{60};

class prefill_state {
public:
  static inline const char* name = "kv.prefill";

  prefill_state(prefill_actor::pointer self, rdma::connector_actor connector,
                pool memory);

  prefill_actor::behavior_type make_behavior();

private:
  struct job {
    std::vector<block_id> ids;
    std::vector<block_cache::place> places;
  };

  /// Lets anybody with the metadata read the pool. The metadata are there
  /// before the first request is handled.
  void grant();

  caf::result<fetch_plan> prepare(job_id id, std::vector<block_id> ids);

  void release(job_id id);

  prefill_actor::pointer self_;
  rdma::connector_actor connector_;
  pool memory_;
  block_cache cache_;
  rdma::operation readable_;
  std::string metadata_;
  std::unordered_map<job_id, job> jobs_;
};

using prefill_impl = prefill_actor::stateful_impl<prefill_state>;

} // namespace kv_cluster
