// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/detail/handle_proxy.hpp"
#include "caf_rdma/actors/operation.hpp"
#include "caf_rdma/actors/operation_metrics.hpp"
#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/transport/hosted.hpp"
#include "caf_rdma/transport/transport.hpp"

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
  caf::result<report>(wait_atom, detail::keep_alive),
  caf::result<report>(cancel_atom, std::string, detail::keep_alive),
  caf::result<void>(shutdown_atom, caf::error), caf::result<void>(dropped_atom),
  caf::result<void>(deadline_atom), caf::result<void>(grace_atom),
  caf::result<void>(transfer_claimed), caf::result<void>(transfer_progress),
  caf::result<void>(transfer_landed), caf::result<void>(transfer_settled),
  caf::result<void>(transfer_failed), caf::result<void>(frame)>;

/// Receives the news that an operation's actor is gone.
using operation_listener
  = caf::typed_actor<caf::result<void>(ended_atom, uint64_t)>;

/// What a connector gives to each of its operations.
struct operation_setup {
  transport_actor transport;
  operation_listener listener;
  std::shared_ptr<operation_metrics> metrics;
  descriptor_list local;
  /// Time until the operation ends by itself.
  caf::timespan deadline = caf::infinite;
  /// Time that the peer and UCX get to let go before the link is reset.
  caf::timespan grace;
};

/// The life that all four operations share: status, deadline, waiting, the end.
/// An end has two steps: `finish` decides the outcome and withdraws the
/// transfer; once the transport has let go of the memory the status becomes
/// final. If the transfer has ended by itself, `settle` takes both at once.
class operation_core {
public:
  // -- types -----------------------------------------------------------------

  using actor_base = hosted<operation_impl::base>;

  // -- construction, destruction ---------------------------------------------

  operation_core(actor_base* self, operation_setup setup);

  operation_core(const operation_core&) = delete;

  operation_core& operator=(const operation_core&) = delete;

  virtual ~operation_core();

  operation_impl::behavior_type make_behavior();

protected:
  // -- what the four operations differ in ------------------------------------

  /// Called once, on the loop, before any message.
  virtual void start() = 0;

  virtual caf::result<metadata> describe() = 0;

  /// Somebody on this side wants the operation to end: by cancel, deadline,
  /// dropped handle or shutdown.
  virtual void on_cancel(const caf::error& reason) = 0;

  virtual void on_claimed(const transfer_claimed& x);

  virtual void on_landed(const transfer_landed& x);

  virtual void on_settled(const transfer_settled& x);

  virtual void on_failed(const transfer_failed& x);

  virtual void on_frame(frame& x) = 0;

  /// Called after the transport has let go, before the status is reported.
  virtual void on_final();

  // -- what they share -------------------------------------------------------

  /// Decides the outcome. `reason` is none for COMPLETE. The first call counts.
  void finish(status outcome, caf::error reason);

  /// Like `finish`, with the outcome that the reason implies.
  void finish(caf::error reason);

  /// Takes over an outcome that the transport reports with the end of the
  /// transfer; it counts more than what this side may have wanted meanwhile.
  void settle(status outcome, caf::error reason);

  /// Resets the link if the operation is not final within the grace period,
  /// which starts anew with each chunk that the lane lets go of.
  void limit_grace();

  void begin_progress(const transfer_key& key, std::string lane,
                      std::string peer);

  /// Sends a frame about this transfer; dropped if there is no link.
  template <class Content>
  void send(Content content) {
    if (key_.link != 0)
      self_->send(setup_.transport,
                  frame{key_.link, key_.transfer, std::move(content)});
  }

  /// The outcome in the words of the wire.
  transfer_ended last_words() const;

  bool ending() const noexcept {
    return outcome_.has_value();
  }

  /// True if the transport has ended the transfer, and the peer knows.
  bool settled() const noexcept {
    return settled_;
  }

  const operation_setup& setup() const noexcept {
    return setup_;
  }

  actor_base* self() const noexcept {
    return self_;
  }

  transfer_owner owner() const;

  /// The secret of the sink that belongs to this operation; may be none.
  token secret_;
  transfer_key key_;
  report report_;

private:
  using waiting = caf::typed_response_promise<report>;

  struct waiter {
    waiting promise;
    detail::keep_alive handle;
    bool wants_error; // a `wait`, which must not take a failure for success
  };

  void decide(status outcome, caf::error reason);

  caf::result<report> wait(detail::keep_alive handle, bool wants_error);

  void answer(waiter& x);

  void on_grace_over();

  void withdraw();

  void finalize();

  void quit_if_done();

  actor_base* self_;
  operation_setup setup_;
  std::vector<waiter> waiters_;
  std::vector<caf::typed_response_promise<void>> shutdowns_;
  std::optional<status> outcome_;
  caf::error outcome_reason_;
  progress_loop::timer_id deadline_;
  progress_loop::timer_id grace_;
  bool progress_in_grace_ = false;
  bool withdrawing_ = false;
  bool settled_ = false;
  bool dropped_ = false;
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
