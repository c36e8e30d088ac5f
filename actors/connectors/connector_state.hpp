// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/connectors/peer.hpp"
#include "caf_rdma/actors/operations/operation_core.hpp"
#include "caf_rdma/messages/connector.hpp"
#include "caf_rdma/options/runtime_options.hpp"

#include <caf/result.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rdma {

/// All that reaches a connector: from the user, from its operations and peers,
/// and from the runtime.
using connector_impl = connector_actor::extend<
  caf::result<void>(link_atom, uint64_t, link_info),
  caf::result<link_info>(link_atom, worker_info),
  caf::result<void>(ended_atom, uint64_t),
  caf::result<void>(final_atom, uint64_t), caf::result<void>(next_atom),
  caf::result<void>(dropped_atom), caf::result<void>(shutdown_atom)>;

/// Checks what is asked for, spawns the operations and peers, and ends them.
class connector_state {
public:
  using actor_base = hosted_actor<connector_impl::base>;

  static inline const char* name = "rdma.connector";

  connector_state(actor_base* self, std::string label,
                  transport_actor transport, worker_info worker,
                  runtime_options options, gpu_access gpus);

  connector_impl::behavior_type make_behavior();

private:
  /// Returns all but the memory, which is checked, and placed.
  caf::expected<operation_setup>
  prepare(descriptor_list& local, access_mode use, caf::timespan deadline,
          const operation_options& opts);

  template <class Operation>
  caf::result<operation> create(descriptor_list local, operation_kind kind,
                                const operation_options& opts);

  /// Returns an `operation`, or a `prepared_operation`.
  template <class Handle, class Operation>
  caf::result<Handle> begin(descriptor_list local, const metadata& remote,
                            operation_kind kind, const operation_options& opts);

  template <class Handle, class Operation, class Extra>
  Handle spawn(operation_setup setup, Extra extra);

  // A peer, and its link as far as is known here.
  struct known_peer {
    peer_actor actor;
    link_info link;
  };

  using peer_map = std::unordered_map<uint64_t, known_peer>; // by incarnation

  known_peer& peer(const worker_info& remote);

  peer_map::iterator find_peer(uint64_t id);

  void forget_peer(uint64_t id);

  // -- the end ---------------------------------------------------------------

  // Operations to end, or peers, before others get their turn.
  static constexpr size_t max_ends_per_message = 64;

  /// Ends all operations. `done` is called when the last one is final.
  void end_all(caf::error reason, std::function<void()> done);

  /// Tells some operations that have not been told.
  void end_some();

  /// An operation is over, or gone.
  void note_end(uint64_t id);

  void finish_if_quiet();

  actor_base* self_;
  std::string label_;
  transport_actor transport_;
  worker_info worker_;
  runtime_options options_;
  gpu_access gpus_;
  std::shared_ptr<operation_metrics> metrics_;
  std::unordered_map<uint64_t, operation_impl> operations_; // by actor ID
  peer_map peers_;
  std::unordered_map<uint64_t, uint64_t> incarnations_; // of peers, by actor ID
  caf::error closed_;                 // why; none while the connector is open
  std::vector<uint64_t> to_end_;      // operations that have not been told
  std::unordered_set<uint64_t> open_; // operations that are not over
  std::vector<std::function<void()>> on_quiet_;
};

using connector_actor_impl
  = caf::stateful_actor<connector_state, connector_state::actor_base>;

} // namespace rdma
