// SPDX-License-Identifier: BSD-3-Clause

#include "server.hpp"

#include "control_node.hpp"
#include "library_node.hpp"
#include "line_channel.hpp"
#include "memory.hpp"
#include "nonce.hpp"
#include "pattern.hpp"
#include "sockets.hpp"
#include "time_limit.hpp"
#include "vm_reader.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <sstream>

namespace transfer_bench {

namespace {

/// For one command, and for the silence after it.
constexpr unsigned patience_s = 600;

class server {
public:
  explicit server(int fd) : peer_(fd) {
    // nop
  }

  void run() {
    for (std::string line; peer_.hear(line);) {
      limit_time("passive side: " + line.substr(0, 60), patience_s);
      obey(line);
    }
  }

private:
  void obey(const std::string& line) {
    std::istringstream in{line};
    std::string command;
    in >> command;
    if (command == "create" && node_) {
      for (auto& text : node_->create(parse_work(in)))
        peer_.tell(text);
      return;
    }
    peer_.tell(answer(command, in));
  }

  std::string answer(const std::string& command, std::istream& in) {
    if (command == "greet")
      return introduce_memory();
    if (command == "expose")
      return expose_memory();
    if (command == "rss")
      return std::to_string(resident_kib());
    if (command == "grant" && node_)
      return node_->grant(parse_work(in));
    if (command == "fill" || command == "check")
      return use_pattern(command, in);
    if (command == "control")
      return start_control(in);
    if (command == "memory")
      grow_memory(in);
    else if (command == "meet" && control_)
      meet(in);
    else if (command == "serve" && control_)
      control_->serve();
    else if (command == "library")
      start_library(in);
    else if (command == "cycles" && node_)
      node_->serve_cycles(parse_work(in), peer_);
    else if (command == "drop" && node_)
      node_->drop();
    else if (command == "end")
      end();
    else
      die("unknown command: " + command);
    return "done";
  }

  void grow_memory(std::istream& in) {
    size_t size = 0;
    in >> size;
    reserve_memory(size);
  }

  static std::string use_pattern(const std::string& command, std::istream& in) {
    unsigned seed = 0;
    in >> seed;
    auto what = parse_work(in);
    if (command == "fill")
      fill_pattern(what, seed);
    else if (!check_pattern(what, seed))
      return "wrong";
    return "done";
  }

  std::string start_control(std::istream& in) {
    std::string name;
    std::string loop;
    in >> name >> loop;
    control_ = make_control(parse_contender(name), parse_loop(loop), "");
    return control_->introduce();
  }

  void meet(std::istream& in) {
    std::string line;
    std::getline(in >> std::ws, line);
    control_->meet(line);
  }

  void end() {
    node_.reset();
    control_.reset();
  }

  void start_library(std::istream& in) {
    std::string loop;
    std::string lane;
    size_t runtimes = 0;
    in >> loop >> lane >> runtimes;
    node_.emplace(parse_loop(loop), lane, runtimes);
  }

  line_channel peer_;
  std::optional<library_node> node_;
  std::unique_ptr<control_node> control_;
};

} // namespace

int serve(int fd) {
  limit_time("passive side: nobody says what to do", patience_s);
  server{fd}.run();
  return 0;
}

int serve_port(uint16_t port) {
  auto listener = listen_on(port);
  std::cerr << "listening on " << port_of(listener) << std::endl;
  for (;;) {
    auto fd = accept_from(listener, patience_s);
    auto pid = ::fork();
    if (pid < 0)
      die("cannot fork");
    if (pid == 0)
      return serve(fd);
    ::close(fd);
    ::waitpid(pid, nullptr, 0);
  }
}

} // namespace transfer_bench
