// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "journal.hpp"
#include "overview.hpp"
#include "placement.hpp"
#include "protocol.hpp"
#include "reachability.hpp"
#include "statistics.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kv_cluster {

/// How blocks get from a prefill to a decode node: read by the latter, written
/// by the former, or by turns.
enum class transfer_mode { read, write, mixed };

struct router_options {
  trace requests;
  /// How many times faster than the trace says; 0: as fast as possible.
  double speed = 1;
  transfer_mode mode = transfer_mode::read;
  /// Requests at a time for each node.
  size_t max_load = 4;
  /// After an attempt that has failed: so much for each attempt, but not more
  /// than 20 times as much.
  std::chrono::milliseconds pause{50};
  /// Time from one overview to the next.
  std::chrono::milliseconds interval{1000};
};

/// Replays a trace: gives each request to a prefill and a decode node, again
/// until one has served it. Hears of nodes from its directory.
using router_impl_actor
  = member_listener::extend<caf::result<void>(submit_atom, uint64_t),
                            caf::result<void>(report_atom)>;

class router_state {
public:
  static inline const char* name = "kv.router";

  using clock = std::chrono::steady_clock;

  /// Told how it goes.
  using listener = std::function<void(const overview&)>;

  /// Does not repeat what the journal says was served. `progress` is called
  /// once in a while, `done` when all requests are served.
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

  // -- nodes -----------------------------------------------------------------

  void join(const member& x);

  void leave(const std::string& node);

  void note(const link_report& x);

  /// Fails the jobs for which `pred` is true.
  template <class Predicate>
  void fail_jobs(Predicate pred, const caf::error& reason);

  /// Returns whether some prefill node is likely to reach this decode node.
  bool reachable(const std::string& decode) const;

  // -- requests --------------------------------------------------------------

  void schedule();

  void submit(uint64_t index);

  /// Starts all that waits and finds nodes.
  void dispatch();

  bool start(request& x);

  bool writes(const request& x) const;

  // -- jobs: each step is nothing if the job has ended -----------------------

  void prepare(job_id id);

  void fetch(job_id id, const fetch_plan& plan);

  void accept(job_id id);

  void push(job_id id, const push_plan& plan);

  void collect(job_id id);

  void finish(job_id id, const fetch_report& x);

  void fail(job_id id, const caf::error& reason);

  /// Ends an attempt.
  job end(job_id id, bool good);

  void finish_if_done();

  overview look() const;

  router_impl_actor::pointer self_;
  router_options options_;
  journal journal_;
  listener progress_;
  listener done_;
  double begin_; // in seconds of the system's clock, for whatever router
  std::map<std::string, prefill_actor> prefills_;
  std::map<std::string, decode_actor> decodes_;
  placement prefill_placement_;
  placement decode_placement_;
  reachability reachability_;
  std::deque<request> waiting_;
  std::map<job_id, job> jobs_;
  job_id next_job_;
  statistics statistics_;
};

using router_impl = router_impl_actor::stateful_impl<router_state>;

} // namespace kv_cluster
