// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "failure.hpp"
#include "hasher.hpp"
#include "pipeline.hpp"
#include "protocol.hpp"

#include "caf_rdma/messages/connector.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace rdma_copy {

/// What both kinds of session need.
struct session_setup {
  rdma::connector_actor connector;
  caf::strong_actor_ptr client;
  std::string name;
  layout file;
  uint64_t buffers = 1;
  caf::timespan timeout;
  bool quiet = false;
};

/// What the two kinds of session on the server have in common. A session whose
/// disk or transfer fails stays until its client has learned why.
template <class Handle>
class session {
public:
  using pointer = typename Handle::pointer;

  session(pointer self, session_setup setup)
    : self_(self),
      setup_(std::move(setup)),
      pipeline_(setup_.file, setup_.buffers) {
    // nop
  }

  virtual ~session() = default;

protected:
  using clock = std::chrono::steady_clock;

  using grant_promise = caf::typed_response_promise<rdma::metadata>;

  /// Answers all requests that wait with `failure_`.
  virtual void on_failure() = 0;

  void start() {
    hasher_ = self_->template spawn<caf::detached + caf::linked>(hasher);
    self_->set_down_handler([this](const caf::down_msg&) { end("ended"); });
    self_->monitor(setup_.client);
    check_idle();
  }

  /// Says that the client has been heard of.
  void touch() {
    touched_ = clock::now();
  }

  template <class Hdl, class F, class... Ts>
  void ask(const Hdl& hdl, F f, Ts&&... xs) {
    self_->request(hdl, setup_.timeout, std::forward<Ts>(xs)...)
      .then(std::move(f), [this](caf::error& err) { fail(std::move(err)); });
  }

  void hash(uint64_t block) {
    self_
      ->request(hasher_, setup_.timeout, hash_atom_v, block,
                pipeline_[block].bytes)
      .then([this, block] { stage_done(block); },
            [this](caf::error& err) { fail(std::move(err)); });
  }

  /// Calls `f` when the transfer of a block is done.
  template <class F>
  void wait_for(uint64_t block, rdma::operation& op, F f) {
    pipeline_[block].transfer = op;
    // The operation has a deadline of its own.
    self_->request(op.actor(), caf::infinite, rdma::wait_atom_v)
      .then([f](const rdma::report&) { f(); },
            [this](caf::error& err) { fail(std::move(err)); });
  }

  /// Answers with the metadata of `op`. (Delegating the request would make the
  /// operation's handle travel, and CAF's registry would keep it alive.)
  void describe(const rdma::operation& op, grant_promise promise) {
    self_->request(op.actor(), setup_.timeout, rdma::metadata_atom_v)
      .then([promise](
              rdma::metadata& x) mutable { promise.deliver(std::move(x)); },
            [this, promise](caf::error& err) mutable {
              promise.deliver(err);
              fail(std::move(err));
            });
  }

  virtual void stage_done(uint64_t block) = 0;

  /// A grant waits for the disk of the client, too.
  rdma::operation_options deadline() const {
    return {2 * setup_.timeout};
  }

  bool failed() const noexcept {
    return failure_ != caf::none;
  }

  void fail(caf::error reason) {
    if (failed())
      return;
    failure_ = std::move(reason);
    note(stderr, sentence(failure_));
    on_failure();
  }

  void succeed(const std::string& sha256) {
    if (!setup_.quiet)
      note(stdout,
           std::to_string(setup_.file.size) + " bytes, sha256 " + sha256);
    finished_ = true;
    quit();
  }

  pointer self_;
  session_setup setup_;
  pipeline pipeline_;
  hasher_actor hasher_;
  caf::error failure_;

private:
  void check_idle() {
    // A client that lives says so once in a second.
    auto limit = setup_.timeout / 2;
    if (clock::now() - touched_ > limit)
      end("is silent");
    else
      self_->run_delayed(limit / 4, [this] { check_idle(); });
  }

  void end(const char* how) {
    if (!finished_ && !failed())
      note(stderr, std::string{"given up: the client "} + how);
    quit();
  }

  /// Ends what is under way; the part file goes with the linked writer.
  void quit() {
    for (const auto& [block, slot] : pipeline_.slots())
      if (slot.transfer)
        caf::anon_send(slot.transfer.actor(), rdma::cancel_atom_v,
                       std::string{"the copy was given up"});
    self_->quit(caf::exit_reason::user_shutdown);
  }

  void note(FILE* out, const std::string& what) {
    std::fprintf(out, "%s %s: %s\n", self_->name(), setup_.name.c_str(),
                 what.c_str());
    std::fflush(out);
  }

  clock::time_point touched_ = clock::now();
  bool finished_ = false;
};

} // namespace rdma_copy
