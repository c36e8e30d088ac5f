// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_owners.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace rdma::fuzz {

namespace {

struct owner_state {
  static inline const char* name = "fuzz.owner";

  owner_state(hosted<transfer_owner::base>*, heard* x) : log(x) {
    // nop
  }

  transfer_owner::behavior_type make_behavior() {
    return {
      [this](const transfer_claimed& x) {
        log->claimed = x.key;
        require(++log->claims == 1, "a sink is claimed at most once");
      },
      [this](const transfer_progress& x) {
        require(x.bytes >= log->progress, "progress never goes back");
        log->progress = x.bytes;
      },
      [this](const transfer_landed& x) {
        require(++log->landed == 1, "a sink lands at most once");
        if (x.claim) {
          log->claimed = x.claim->key;
          require(++log->claims == 1, "a sink is claimed at most once");
        }
        log->on_landed(x.bytes);
      },
      [this](const transfer_settled&) {
        require(++log->settled == 1, "a source is settled at most once");
      },
      [this](const transfer_failed&) {
        require(++log->failed <= log->max_failed,
                "a transfer fails at most once");
      },
      [](const frame&) {},
    };
  }

  heard* log;
};

using owner_impl
  = caf::stateful_actor<owner_state, hosted<transfer_owner::base>>;

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
