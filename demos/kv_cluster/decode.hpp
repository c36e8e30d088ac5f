// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "block_cache.hpp"
#include "pool.hpp"
#include "protocol.hpp"

#include "caf_rdma/actors/connector.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <memory>

namespace kv_cluster {

class decode_state {
public:
  static inline const char* name = "kv.decode";

  decode_state(decode_actor::pointer self, rdma::connector_actor connector,
               pool memory);

  decode_actor::behavior_type make_behavior();

private:
  using clock = std::chrono::steady_clock;

  /// A job that is being served.
  struct job {
    std::vector<block_id> ids;
    std::vector<block_cache::place> places;
    caf::typed_response_promise<fetch_report> promise;
    clock::time_point begin;
    rdma::operation read;
  };

  using job_ptr = std::shared_ptr<job>;

  caf::result<fetch_report> fetch(std::vector<block_id> ids,
                                  const fetch_plan& plan);

  void read(const job_ptr& x, const rdma::metadata& from,
            rdma::operation_options opts);

  /// Looks at every byte that has come.
  void finish(const job_ptr& x, const rdma::report& end);

  void fail(const job_ptr& x, const caf::error& reason);

  decode_actor::pointer self_;
  rdma::connector_actor connector_;
  pool memory_;
  block_cache cache_;
};

using decode_impl = decode_actor::stateful_impl<decode_state>;

} // namespace kv_cluster
