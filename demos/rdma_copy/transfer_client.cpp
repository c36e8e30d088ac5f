// SPDX-License-Identifier: BSD-3-Clause

#include "transfer_client.hpp"

#include "failure.hpp"

#include <caf/sec.hpp>

#include <utility>

namespace rdma_copy {

transfer_client::transfer_client(caf::event_based_actor* self,
                                 client_setup setup)
  : self_(self), setup_(std::move(setup)) {
  // nop
}

transfer_client::~transfer_client() {
  // nop
}

caf::behavior transfer_client::make_behavior() {
  start_ = std::chrono::steady_clock::now();
  hasher_ = self_->spawn<caf::detached + caf::linked>(hasher);
  self_->set_down_handler([this](const caf::down_msg&) {
    if (!left_server_)
      fail(failure("the server is gone"));
  });
  self_->monitor(setup_.server);
  open();
  return {
    [this](rdma::cancel_atom) { fail(failure("interrupted")); },
  };
}

void transfer_client::begin(const layout& file) {
  if (file.block_size == 0 || file.block_size > setup_.buffer_size) {
    fail(failure("the server chose a bad block size"));
    return;
  }
  pipeline_ = pipeline{file, setup_.buffers};
  self_->send(setup_.listener, progress_atom_v, uint64_t{0}, file.size);
  fill();
}

void transfer_client::fill() {
  while (pipeline_.ready())
    start_block(pipeline_.begin());
  if (pipeline_.done())
    ask(
      hasher_,
      [this](std::string& digest) {
        summary_.sha256 = std::move(digest);
        close(summary_.sha256);
      },
      digest_atom_v);
}

void transfer_client::stage_done(uint64_t block) {
  auto before = pipeline_.bytes_done();
  pipeline_.stage_done(block);
  if (pipeline_.bytes_done() == before)
    return;
  self_->send(setup_.listener, progress_atom_v, pipeline_.bytes_done(),
              pipeline_.file().size);
  fill();
}

void transfer_client::hash(uint64_t block) {
  ask(
    hasher_, [this, block] { stage_done(block); }, hash_atom_v, block,
    pipeline_[block].bytes);
}

void transfer_client::succeed() {
  using seconds = std::chrono::duration<double>;
  summary_.bytes = pipeline_.file().size;
  summary_.seconds = seconds{std::chrono::steady_clock::now() - start_}.count();
  if (summary_.lane.empty())
    summary_.lane = "none"; // an empty file needs no transfer
  ended_ = true;
  self_->send(setup_.listener, std::move(summary_));
  self_->quit(caf::exit_reason::user_shutdown);
}

void transfer_client::fail(caf::error reason) {
  if (std::exchange(ended_, true))
    return;
  if (reason == caf::sec::request_timeout)
    reason = failure("the disk is too slow");
  self_->send(setup_.listener, std::move(reason));
  // Linked actors, e.g., the one that holds the part file, end, too.
  self_->quit(caf::exit_reason::user_shutdown);
}

caf::error transfer_client::from_server(const caf::error& err) {
  if (err == caf::sec::request_timeout)
    return failure("the server does not answer");
  if (err == caf::sec::request_receiver_down)
    return failure("the server is gone");
  return failure("server: " + sentence(err));
}

} // namespace rdma_copy
