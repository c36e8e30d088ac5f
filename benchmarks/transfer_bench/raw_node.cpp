// SPDX-License-Identifier: BSD-3-Clause

#include "raw_node.hpp"

namespace transfer_bench {

raw_node::raw_node(loop_mode mode, uint64_t features, uint64_t eager_below)
  : worker_(mode, *this, features, eager_below) {
  // nop
}

std::string raw_node::introduce() {
  return worker_.address();
}

void raw_node::meet(const std::string& line) {
  worker_.set_peer(line);
}

void raw_node::post_bye() {
  worker_.send({raw_message::bye});
}

void raw_node::progress() {
  worker_.progress();
  settle();
}

bool raw_node::settled() const {
  return worker_.idle();
}

// -- overrides of raw_listener -----------------------------------------------

void raw_node::on_message(const raw_message& x) {
  if (x.what == raw_message::bye)
    hear_bye();
}

std::span<std::byte> raw_node::target(const raw_message&, size_t) {
  die("raw control: unexpected data");
}

void raw_node::on_landed(const raw_message&, size_t) {
  // nop
}

void raw_node::on_sent(const raw_message&) {
  // nop
}

} // namespace transfer_bench
