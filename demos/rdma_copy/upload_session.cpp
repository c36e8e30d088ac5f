// SPDX-License-Identifier: BSD-3-Clause

#include "upload_session.hpp"

#include <utility>

namespace rdma_copy {

upload_session::upload_session(pointer self, session_setup setup,
                               std::shared_ptr<part_file> target)
  : session(self, std::move(setup)), target_(std::move(target)) {
  // nop
}

upload_actor::behavior_type upload_session::make_behavior() {
  writer_ = self_->spawn<caf::detached + caf::linked>(writer,
                                                      std::move(target_));
  start();
  return {
    [this](grant_atom, uint64_t block) { return grant(block); },
    [this](finish_atom, const std::string& sha256) { return finish(sha256); },
    [this](caf::ping_atom) { touch(); },
  };
}

caf::result<rdma::metadata> upload_session::grant(uint64_t block) {
  touch();
  if (failed())
    return failure_;
  if (block != granted_ + grants_.size() || block >= setup_.file.blocks()
      || grants_.size() >= max_requests)
    return failure("the client asked for the wrong block");
  auto promise = self_->make_response_promise<rdma::metadata>();
  grants_.push_back(promise);
  serve();
  return promise;
}

void upload_session::serve() {
  while (!failed() && !grants_.empty() && pipeline_.ready()) {
    auto promise = std::move(grants_.front());
    grants_.pop_front();
    ++granted_;
    create_writable(pipeline_.begin(), std::move(promise));
  }
}

void upload_session::create_writable(uint64_t block, grant_promise promise) {
  self_
    ->request(setup_.connector, setup_.timeout, rdma::create_writable_atom_v,
              pipeline_.describe(block), deadline())
    .then(
      [this, block, promise](rdma::operation& op) mutable {
        wait_for(block, op, [this, block] { landed(block); });
        describe(op, std::move(promise));
      },
      [this, promise](caf::error& err) mutable {
        promise.deliver(err);
        fail(std::move(err));
      });
}

void upload_session::landed(uint64_t block) {
  if (failed())
    return;
  hash(block);
  ask(
    writer_, [this, block] { stage_done(block); }, store_atom_v,
    setup_.file.offset_of(block), pipeline_[block].bytes);
}

void upload_session::stage_done(uint64_t block) {
  pipeline_.stage_done(block);
  serve();
  check_finished();
}

caf::result<void> upload_session::finish(const std::string& sha256) {
  touch();
  if (failed())
    return failure_;
  if (granted_ != setup_.file.blocks() || finish_.pending())
    return failure("the client finished too early or twice");
  expected_ = sha256;
  finish_ = self_->make_response_promise<void>();
  check_finished();
  return finish_;
}

void upload_session::check_finished() {
  if (failed() || !finish_.pending() || !pipeline_.done())
    return;
  ask(
    hasher_, [this](const std::string& ours) { compare(ours); }, digest_atom_v);
}

void upload_session::compare(const std::string& ours) {
  if (ours != expected_) {
    fail(failure("the SHA-256 differs: the client sent " + expected_
                 + ", here arrived " + ours));
    return;
  }
  ask(
    writer_,
    [this, ours] {
      finish_.deliver();
      succeed(ours);
    },
    commit_atom_v);
}

void upload_session::on_failure() {
  for (auto& promise : grants_)
    promise.deliver(failure_);
  grants_.clear();
  if (finish_.pending())
    finish_.deliver(failure_);
}

} // namespace rdma_copy
