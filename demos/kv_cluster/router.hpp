// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "journal.hpp"
#include "placement.hpp"
#include "protocol.hpp"
#include "statistics.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace kv_cluster {

struct router_options {
  trace requests;
  /// How many times faster than the trace says; 0: as fast as possible.
  double speed = 1;
  /// Requests at a time for each node.
  size_t max_load = 4;
};

/// What the router needs besides what its nodes see.
using router_impl_actor
  = router_actor::extend<caf::result<void>(submit_atom, uint64_t),
                         caf::result<void>(report_atom)>;

class router_state {
public:
  static inline const char* name = "kv.router";

  using clock = std::chrono::steady_clock;

  /// `progress` is called once a second, `done` when all requests are served.
  using listener = std::function<void(const statistics&, double seconds)>;

  /// Does not repeat what the journal says was served.
  router_state(router_impl_actor::pointer self, router_options options,
               journal served, listener progress, listener done);

  router_impl_actor::behavior_type make_behavior();

private:
  struct request {
    uint64_t index;
    clock::time_point begin;
    size_t attempts = 0;
  };

  /// An attempt to serve a request.
  struct job {
    request what;
    std::string prefill;
    std::string decode;
  };

  const std::vector<block_id>& ids_of(const request& x) const {
    return options_.requests[x.index].hash_ids;
  }

  template <class Handle>
  void join(std::map<std::string, Handle>& to, placement& where,
            const std::string& node, size_t slots, Handle hdl);

  void leave(const caf::actor_addr& node);

  void schedule();

  void submit(uint64_t index);

  /// Starts all that waits and finds nodes.
  void dispatch();

  bool start(request& x);

  void fetch(job_id id, const fetch_plan& plan);

  void finish(job_id id, const fetch_report& x);

  void fail(job_id id, const caf::error& reason);

  void finish_if_done();

  /// Ends an attempt.
  job end(job_id id, bool good);

  /// Since the first request was there, in the life of whatever router.
  double seconds() const;

  router_impl_actor::pointer self_;
  router_options options_;
  journal journal_;
  listener progress_;
  listener done_;
  double begin_; // in seconds of the system's clock
  std::map<std::string, prefill_actor> prefills_;
  std::map<std::string, decode_actor> decodes_;
  placement prefill_placement_;
  placement decode_placement_;
  std::deque<request> waiting_;
  std::map<job_id, job> jobs_;
  job_id next_job_ = 1;
  statistics statistics_;
};

using router_impl = router_impl_actor::stateful_impl<router_state>;

} // namespace kv_cluster
