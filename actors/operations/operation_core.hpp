// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/detail/atoms.hpp"
#include "caf_rdma/actors/operations/operation_metrics.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/operation.hpp"
#include "caf_rdma/transport/contract/transport.hpp"
#include "caf_rdma/transport/loop/hosted_actor.hpp"
#include "caf_rdma/transport/memory/memory_space.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rdma {

/// Everything that reaches an operation: from the user (through the handle's
/// proxy), from the transport, from its connector and from its own timers.
using operation_impl = operation_actor::extend<
  caf::result<report>(start_atom), caf::result<report>(start_atom, std::string),
  caf::result<void>(shutdown_atom, caf::error), caf::result<void>(dropped_atom),
  caf::result<void>(deadline_atom), caf::result<void>(grace_atom),
  caf::result<void>(await_atom), caf::result<void>(transfer_claimed),
  caf::result<void>(transfer_progress), caf::result<void>(transfer_landed),
  caf::result<void>(transfer_settled), caf::result<void>(transfer_failed),
  caf::result<void>(frame)>;

/// What operations ask of their connector.
///
/// - ended: the operation's actor is gone.
/// - final: the operation that was told to shut down is final, or was never
///   started.
/// - link: answers with a link to that worker that is up.
using operation_home
  = caf::typed_actor<caf::result<void>(ended_atom, uint64_t),
                     caf::result<void>(final_atom, uint64_t),
                     caf::result<link_info>(link_atom, worker_info)>;

/// What a connector gives to each of its operations.
struct operation_setup {
  transport_actor transport;
  operation_home home;
  /// "write", "read", "writable" or "readable".
  std::string kind;
  std::shared_ptr<operation_metrics> metrics;
  block_list local;
  /// Time until the operation ends by itself.
  caf::timespan deadline = caf::infinite;
  /// Time that the peer and UCX get to let go before the link is reset.
  caf::timespan grace;
  /// The operation waits to be started, and can be started again.
  bool prepared = false;
  gpu_access gpus;
  device_sync sync = {};
};

/// The life that all operations share: status, deadline, waiting, the end.
/// An end has two steps: `finish` decides the outcome and asks the transport to
/// let go of the memory; once it has, `finalize` makes the status final.
class operation_core {
public:
  // -- types -----------------------------------------------------------------

  using actor_base = hosted_actor<operation_impl::base>;

  // -- construction, destruction ---------------------------------------------

  operation_core(actor_base* self, operation_setup setup);

  operation_core(const operation_core&) = delete;

  operation_core& operator=(const operation_core&) = delete;

  virtual ~operation_core();

  operation_impl::behavior_type make_behavior();

protected:
  // -- what operations differ in ---------------------------------------------

  /// Called on the loop, before any message; of a prepared operation for each
  /// start.
  virtual void start() = 0;

  /// Forgets the last start of a prepared operation.
  virtual void reset();

  /// Takes the notification for the next start of a prepared operation, instead
  /// of the one that it was prepared with. Returns what is wrong with it.
  virtual caf::error set_notification(std::optional<std::string> text);

  virtual caf::result<metadata> describe() = 0;

  /// Somebody on this side wants the operation to end: by cancel, deadline,
  /// dropped handle or shutdown.
  virtual void on_cancel(const caf::error& reason) = 0;

  /// The outcome is decided: lets go of the memory, then calls `finalize`.
  virtual void release() = 0;

  /// Called after the transport has let go, before the status is reported.
  virtual void on_final();

  /// Returns the link that is to be reset, because the peer does not let go, of
  /// each transfer; see `limit_grace`.
  virtual std::vector<link_id> stuck_links() const = 0;

  /// The reset has brought no news: ends what still waits for the peer's word.
  virtual void give_up_peers();

  /// Counts what has become final.
  virtual void count(operation_metrics& metrics);

  virtual void handle(const transfer_claimed& x) = 0;

  virtual void handle(const transfer_progress& x) = 0;

  virtual void handle(const transfer_landed& x) = 0;

  virtual void handle(const transfer_settled& x) = 0;

  virtual void handle(const transfer_failed& x) = 0;

  virtual void handle(frame& x) = 0;

  // -- what they share -------------------------------------------------------

  /// Decides the outcome. `reason` is none for COMPLETE. The first call counts.
  void finish(status outcome, caf::error reason);

  /// Like `finish`, with the outcome that the reason implies.
  void finish(caf::error reason);

  /// Takes over an outcome without asking the transport to let go. Counts more
  /// than what this side may have wanted meanwhile.
  void decide(status outcome, caf::error reason);

  /// Reports the outcome that was decided.
  void finalize();

  /// Resets the link if the operation is not final within the grace period,
  /// which starts anew with each chunk that the lane lets go of. After another
  /// one, the peer's word is not waited for any more.
  void limit_grace();

  /// The lane has let go of a chunk.
  void note_progress() noexcept {
    progress_in_grace_ = true;
  }

  /// Names the lane, and how it gets to this side's memory if that is a GPU's.
  std::string full_name(const std::string& lane) const;

  /// The outcome in the words of the wire.
  transfer_ended last_words() const;

  bool ending() const noexcept {
    return outcome_.has_value();
  }

  /// Why the operation ends or has ended.
  const caf::error& outcome_reason() const noexcept {
    return outcome_reason_;
  }

  /// Number of the start, so that an answer to an earlier one can be told.
  uint64_t start_number() const noexcept {
    return start_number_;
  }

  const operation_setup& setup() const noexcept {
    return setup_;
  }

  actor_base* self() const noexcept {
    return self_;
  }

  transfer_owner owner() const;

  report report_;

private:
  using waiting = caf::typed_response_promise<report>;

  struct waiter {
    waiting promise;
    bool wants_error; // a `wait`, which must not take a failure for success
  };

  /// Logs and counts what has become final.
  void record_end();

  /// Starts, once the user's work on a GPU is done.
  void start_in_turn();

  void poll_gpu();

  void set_deadline(caf::timespan delay);

  caf::result<report> restart(std::optional<std::string> notification);

  caf::result<report> cancel(std::string why);

  void shut_down(const caf::error& reason);

  /// True if a prepared operation has never been started.
  bool unstarted() const noexcept {
    return setup_.prepared && start_number_ == 0;
  }

  caf::result<report> wait(bool wants_error);

  void answer(waiter& x);

  void on_grace_over();

  /// Tells the connector, which shuts down, that this operation is over.
  void leave_home();

  void quit_if_done();

  actor_base* self_;
  operation_setup setup_;
  std::vector<waiter> waiters_;
  std::optional<status> outcome_;
  caf::error outcome_reason_;
  progress_loop::timer_id deadline_;
  progress_loop::timer_id grace_;
  progress_loop::timer_id poll_;
  device_work_ptr awaited_; // before the start
  uint64_t start_number_ = 0;
  progress_loop::time_point started_;
  bool progress_in_grace_ = false;
  bool links_reset_ = false; // those that were stuck
  bool dropped_ = false;
  caf::error closed_; // why a prepared operation cannot be started any more
};

/// The status that an operation ends with for this reason.
status outcome_of(const caf::error& reason);

/// Says who ended an operation here, and why, as an error.
caf::error local_end(errc code, std::string why);

/// The same for an end that the peer has decided or asked for.
caf::error remote_end(const std::string& peer, errc code,
                      const std::string& why);

template <class Operation>
using operation_actor_impl
  = caf::stateful_actor<Operation, operation_core::actor_base>;

} // namespace rdma
