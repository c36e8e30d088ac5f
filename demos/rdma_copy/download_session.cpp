// SPDX-License-Identifier: BSD-3-Clause

#include "download_session.hpp"

#include <utility>

namespace rdma_copy {

download_session::download_session(pointer self, session_setup setup,
                                   std::shared_ptr<file> source)
  : session(self, std::move(setup)), source_(std::move(source)) {
  // nop
}

download_actor::behavior_type download_session::make_behavior() {
  reader_ = self_->spawn<caf::detached + caf::linked>(reader,
                                                      std::move(source_));
  start();
  load();
  return {
    [this](grant_atom, uint64_t block) { return grant(block); },
    [this](finish_atom) { return finish(); },
    [this](caf::ping_atom) { touch(); },
  };
}

void download_session::load() {
  while (!failed() && pipeline_.ready()) {
    auto block = pipeline_.begin();
    ask(
      reader_,
      [this, block] {
        hash(block);
        loaded_.insert(block);
        serve(block);
      },
      load_atom_v, setup_.file.offset_of(block), pipeline_[block].bytes);
  }
}

caf::result<rdma::metadata> download_session::grant(uint64_t block) {
  touch();
  if (failed())
    return failure_;
  if (block != asked_ || block >= setup_.file.blocks()
      || grants_.size() >= max_requests)
    return failure("the client asked for the wrong block");
  ++asked_;
  auto promise = self_->make_response_promise<rdma::metadata>();
  grants_.emplace(block, promise);
  serve(block);
  return promise;
}

void download_session::serve(uint64_t block) {
  auto i = grants_.find(block);
  if (failed() || i == grants_.end() || loaded_.erase(block) == 0)
    return;
  auto promise = std::move(i->second);
  grants_.erase(i);
  create_readable(block, std::move(promise));
}

void download_session::create_readable(uint64_t block, grant_promise promise) {
  self_
    ->request(setup_.connector, setup_.timeout, rdma::create_readable_atom_v,
              pipeline_.describe(block), deadline())
    .then(
      [this, block, promise](rdma::operation& op) mutable {
        wait_for(block, op, [this, block] { stage_done(block); });
        describe(op, std::move(promise));
      },
      [this, promise](caf::error& err) mutable {
        promise.deliver(err);
        fail(std::move(err));
      });
}

void download_session::stage_done(uint64_t block) {
  pipeline_.stage_done(block);
  load();
  check_finished();
}

caf::result<std::string> download_session::finish() {
  touch();
  if (failed())
    return failure_;
  if (asked_ != setup_.file.blocks() || finish_.pending())
    return failure("the client finished too early or twice");
  finish_ = self_->make_response_promise<std::string>();
  check_finished();
  return finish_;
}

void download_session::check_finished() {
  if (failed() || !finish_.pending() || !pipeline_.done())
    return;
  ask(
    hasher_,
    [this](const std::string& digest) {
      finish_.deliver(digest);
      succeed(digest);
    },
    digest_atom_v);
}

void download_session::on_failure() {
  for (auto& [block, promise] : grants_)
    promise.deliver(failure_);
  grants_.clear();
  if (finish_.pending())
    finish_.deliver(failure_);
}

} // namespace rdma_copy
