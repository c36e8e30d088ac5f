// SPDX-License-Identifier: BSD-3-Clause

#include "get_client.hpp"

#include "failure.hpp"

#include <utility>

namespace rdma_copy {

get_client::get_client(caf::event_based_actor* self, client_setup setup,
                       std::shared_ptr<part_file> target,
                       std::string source_name)
  : transfer_client(self, std::move(setup)),
    target_(std::move(target)),
    source_name_(std::move(source_name)) {
  // nop
}

void get_client::open() {
  writer_ = self_->spawn<caf::detached + caf::linked>(writer,
                                                      std::move(target_));
  ask_server(
    setup_.server,
    [this](download_actor& session, uint64_t size, uint64_t block_size) {
      session_ = std::move(session);
      opened(session_, layout{size, block_size});
    },
    download_atom_v, source_name_, setup_.buffer_size);
}

void get_client::start_block(uint64_t block) {
  ask_server(
    session_,
    [this, block](rdma::metadata& source) { begin_read(block, source); },
    grant_atom_v, block);
}

void get_client::begin_read(uint64_t block, rdma::metadata& source) {
  ask(
    setup_.connector,
    [this, block](rdma::operation& op) {
      wait_for(block, op, [this, block] { landed(block); });
    },
    rdma::begin_read_atom_v, std::move(source), pipeline_.describe(block),
    deadline());
}

void get_client::landed(uint64_t block) {
  hash(block);
  ask(
    writer_, [this, block] { stage_done(block); }, store_atom_v,
    pipeline_.file().offset_of(block), pipeline_[block].bytes);
}

void get_client::close(const std::string& sha256) {
  ask_server(
    session_,
    [this, sha256](const std::string& theirs) {
      leave_server();
      if (theirs != sha256)
        fail(failure("the SHA-256 differs: the server sent " + theirs
                     + ", here arrived " + sha256));
      else
        ask(
          writer_, [this] { succeed(); }, commit_atom_v);
    },
    finish_atom_v);
}

} // namespace rdma_copy
