// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "block_cache.hpp"
#include "job_owners.hpp"
#include "pool.hpp"
#include "protocol.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace kv_cluster {

/// Learns from its directory where the pools of the prefill nodes are.
using decode_impl_actor
  = decode_actor::extend<caf::result<void>(join_atom, member),
                         caf::result<void>(left_atom, std::string),
                         caf::result<void>(link_report)>;

class decode_state {
public:
  static inline const char* name = "kv.decode";

  decode_state(decode_impl_actor::pointer self, rdma::connector_actor connector,
               pool memory);

  decode_impl_actor::behavior_type make_behavior();

private:
  using clock = std::chrono::steady_clock;

  using result_handler = std::function<void(caf::expected<fetch_report>)>;

  struct job {
    std::vector<block_id> ids;
    std::vector<block_cache::place> places;
    clock::time_point begin;
    rdma::operation transfer;
    result_handler done;
  };

  using job_ptr = std::shared_ptr<job>;

  /// What has become of a job whose blocks a prefill node writes.
  struct accepted {
    rdma::operation transfer;
    bool ended = false;
    caf::expected<fetch_report> result{caf::error{}};
    std::vector<caf::typed_response_promise<fetch_report>> asked;
  };

  /// Lets the job be released if the sender of the request dies. To be called
  /// before there is a promise, which takes the sender away.
  void own(job_id id);

  // -- turns -----------------------------------------------------------------

  /// A job that is to begin.
  struct turn {
    job_id id;
    std::vector<block_id> ids;
    std::function<void()> begin;
  };

  /// Begins a job unless another one is still waiting for one of its blocks,
  /// which would be a hit that is not there yet.
  void in_turn(turn x);

  void end_turn(const job& x);

  /// Pins the places of the blocks. Returns null after an error.
  job_ptr start(std::vector<block_id> ids, result_handler done);

  /// Waits for the end of the transfer, then looks at every byte.
  void await_end(const job_ptr& x);

  void finish(const job_ptr& x, const rdma::report& end);

  void fail(const job_ptr& x, const caf::error& reason);

  // -- jobs that read --------------------------------------------------------

  caf::result<fetch_report> fetch(job_id id, std::vector<block_id> ids,
                                  fetch_plan plan);

  void read(const job_ptr& x, const fetch_plan& plan);

  // -- jobs that are written to ----------------------------------------------

  caf::result<push_plan> accept(job_id id, std::vector<block_id> ids);

  void make_room(job_id id, const job_ptr& x,
                 caf::typed_response_promise<push_plan> promise);

  caf::result<fetch_report> collect(job_id id);

  void release(job_id id);

  decode_impl_actor::pointer self_;
  rdma::connector_actor connector_;
  pool memory_;
  block_cache cache_;
  job_owners owners_;
  std::map<std::string, std::string> prefills_; // metadata of their pools
  std::set<block_id> moving_;                   // on their way
  std::deque<turn> waiting_;
  std::map<job_id, accepted> accepted_;
};

using decode_impl = decode_impl_actor::stateful_impl<decode_state>;

} // namespace kv_cluster
