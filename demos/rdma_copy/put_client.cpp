// SPDX-License-Identifier: BSD-3-Clause

#include "put_client.hpp"

#include <utility>

namespace rdma_copy {

put_client::put_client(caf::event_based_actor* self, client_setup setup,
                       std::shared_ptr<file> source, std::string target_name)
  : transfer_client(self, std::move(setup)),
    source_(std::move(source)),
    target_name_(std::move(target_name)) {
  // nop
}

void put_client::open() {
  reader_ = self_->spawn<caf::detached + caf::linked>(reader, source_);
  ask_server(
    setup_.server,
    [this](upload_actor& session, uint64_t block_size) {
      session_ = std::move(session);
      opened(session_, layout{source_->size(), block_size});
    },
    upload_atom_v, target_name_, source_->size(), setup_.buffer_size);
}

void put_client::start_block(uint64_t block) {
  waiting_.emplace(block, progress{});
  ask(
    reader_,
    [this, block] {
      hash(block);
      waiting_[block].loaded = true;
      begin_write(block);
    },
    load_atom_v, pipeline_.file().offset_of(block), pipeline_[block].bytes);
  ask_server(
    session_,
    [this, block](rdma::metadata& target) {
      waiting_[block].target = std::move(target);
      waiting_[block].granted = true;
      begin_write(block);
    },
    grant_atom_v, block);
}

void put_client::begin_write(uint64_t block) {
  auto i = waiting_.find(block);
  if (!i->second.loaded || !i->second.granted)
    return;
  auto target = std::move(i->second.target);
  waiting_.erase(i);
  ask(
    setup_.connector,
    [this, block](rdma::operation& op) {
      wait_for(block, op, [this, block] { stage_done(block); });
    },
    rdma::begin_write_atom_v, pipeline_.describe(block), std::move(target),
    deadline());
}

void put_client::close(const std::string& sha256) {
  ask_server(
    session_, [this] { succeed(); }, finish_atom_v, sha256);
}

} // namespace rdma_copy
