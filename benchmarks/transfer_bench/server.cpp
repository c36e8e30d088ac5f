// SPDX-License-Identifier: BSD-3-Clause

#include "server.hpp"

#include "library_node.hpp"
#include "line_channel.hpp"
#include "memory.hpp"
#include "raw_node.hpp"

#include <optional>
#include <sstream>

namespace transfer_bench {

namespace {

loop_mode parse_loop(std::istream& in) {
  std::string str;
  in >> str;
  return str == to_string(loop_mode::polling) ? loop_mode::polling
                                              : loop_mode::standard;
}

work parse_work(std::istream& in) {
  work result;
  std::string mode;
  in >> mode >> result.size >> result.outstanding >> result.count;
  result.mode = mode == "write" ? direction::write : direction::read;
  return result;
}

void serve_raw(line_channel& peer, loop_mode mode) {
  raw_node node{mode};
  peer.tell(node.address());
  std::string address;
  if (!peer.hear(address))
    die("the first process is gone");
  node.connect(address);
  peer.tell("ready");
  node.serve();
}

} // namespace

int serve(int fd) {
  line_channel peer{fd};
  memory();
  std::optional<library_node> node;
  for (std::string line; peer.hear(line);) {
    std::istringstream in{line};
    std::string command;
    in >> command;
    if (command == "raw") {
      serve_raw(peer, parse_loop(in));
      peer.tell("done");
    } else if (command == "library") {
      node.emplace(parse_loop(in));
      peer.tell("ready");
    } else if (command == "create" && node) {
      for (auto& text : node->create(parse_work(in)))
        peer.tell(text);
    } else if (command == "drop" && node) {
      node->drop();
      peer.tell("done");
    } else if (command == "end") {
      node.reset();
      peer.tell("done");
    } else {
      die("unknown command: " + line);
    }
  }
  return 0;
}

} // namespace transfer_bench
