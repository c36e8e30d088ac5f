// SPDX-License-Identifier: BSD-3-Clause

#include "pull_node.hpp"

#include "memory.hpp"

#include <limits>
#include <sstream>

namespace transfer_bench {

pull_node::pull_node(loop_mode mode)
  : raw_node(mode, 0, std::numeric_limits<uint64_t>::max()) {
  // nop
}

std::string pull_node::introduce() {
  return raw_node::introduce() + ' ' + expose_memory();
}

void pull_node::meet(const std::string& line) {
  auto pos = line.find(' ');
  raw_node::meet(line.substr(0, pos));
  reader_.emplace(line.substr(pos + 1));
}

void pull_node::begin(size_t slot) {
  auto what = current().mode == direction::write ? raw_message::offer
                                                 : raw_message::ask;
  worker_.send(
    {what, static_cast<uint32_t>(slot), 0, current().size, current().blocks});
}

void pull_node::on_message(const raw_message& x) {
  raw_node::on_message(x);
  inbox_.push_back(x);
}

void pull_node::settle() {
  scratch_.swap(inbox_);
  for (auto& x : scratch_)
    handle(x);
  scratch_.clear();
}

void pull_node::handle(const raw_message& x) {
  auto reply = x;
  switch (x.what) {
    case raw_message::ask:
      reply.what = raw_message::offer;
      worker_.send(reply);
      break;
    case raw_message::offer: {
      work what;
      what.size = x.total;
      what.blocks = x.blocks;
      reader_->pull(memory_blocks(x.slot, what));
      reply.what = raw_message::ack;
      worker_.send(reply);
      if (current().mode == direction::read && current().count > 0)
        finish(x.slot);
      break;
    }
    case raw_message::ack:
      if (current().mode == direction::write && current().count > 0)
        finish(x.slot);
      break;
    default:
      break;
  }
}

} // namespace transfer_bench
