// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_owners.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace rdma::fuzz {

namespace {

struct owner_state {
  static inline const char* name = "fuzz.owner";

  owner_state(hosted_actor<transfer_owner::base>*, heard* x) : log(x) {
    // nop
  }

  transfer_owner::behavior_type make_behavior() {
    return {
      [this](const transfer_claimed& x) { on_claimed(x); },
      [this](const transfer_progress& x) {
        require(log->standing || x.bytes >= log->progress,
                "progress never goes back");
        log->progress = x.bytes;
      },
      [this](const transfer_landed& x) {
        if (x.claim)
          on_claimed(*x.claim);
        require(++log->landed == 1 || log->standing,
                "a sink lands at most once");
        end(x.key);
        log->on_landed(x.bytes);
      },
      [this](const transfer_settled& x) {
        require(++log->settled == 1 || log->standing,
                "a source is settled at most once");
        end(x.key);
      },
      [this](const transfer_failed&) {
        require(++log->failed <= log->max_failed || log->standing,
                "a transfer fails at most once");
      },
      [](const frame&) {},
    };
  }

  void on_claimed(const transfer_claimed& x) {
    log->claimed = x.key;
    require(++log->claims == 1 || log->standing,
            "a sink is claimed at most once");
    if (log->standing)
      require(log->open.insert(x.key).second, "a claim is told once");
  }

  void end(const transfer_key& key) {
    if (log->standing)
      require(log->open.erase(key) == 1 || log->ending.contains(key),
              "a claim that ends was told");
  }

  heard* log;
};

using owner_impl
  = caf::stateful_actor<owner_state, hosted_actor<transfer_owner::base>>;

} // namespace

owners::owners() : system_(config_), loop_(system_) {
  for (size_t i = 0; i < count; ++i)
    handles_[i] = loop_.spawn<owner_impl>(&logs_[i]);
}

owners& owners::fresh() {
  // Never destroyed: nothing is left to stop it when the process exits.
  static auto* instance = new owners;
  instance->deliver();
  instance->logs_ = {};
  return *instance;
}

void owners::deliver() {
  while (loop_.run_once() > 0)
    ;
}

} // namespace rdma::fuzz
