// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/process/worker.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <caf/actor_cast.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace rdma_test {

namespace {

std::string show(const caf::error& err) {
  return "error " + to_string(rdma::code_of(err)) + " " + to_string(err);
}

// How a lane gets to the memory is not what the tests of processes are about.
std::string show(const rdma::report& x) {
  return "ok " + to_string(x.status) + " " + std::to_string(x.bytes) + " "
         + x.lane.substr(0, x.lane.find('/')) + " " + x.peer;
}

// Says which process it is, and leaves it running.
std::string start_helper() {
  pid_t pid = 0;
  std::string name = "sleep";
  std::string time = "600";
  std::array<char*, 3> words{name.data(), time.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (auto fd : {0, 1, 2})
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  auto status = posix_spawnp(&pid, "sleep", &actions, nullptr, words.data(),
                             environ);
  posix_spawn_file_actions_destroy(&actions);
  return status == 0 ? "ok " + std::to_string(pid) : "error none no helper";
}

// Opens some that helpers are meant to inherit; says how many.
std::string open_descriptors() {
  std::array<int, 2> ends{};
  auto listener = ::socket(AF_INET, SOCK_STREAM, 0);
  auto watcher = ::epoll_create(1);
  epoll_event event{};
  if (::listen(listener, 1) != 0 || ::pipe(ends.data()) != 0)
    return "error none no descriptors";
  for (auto fd : {listener, ends[0]})
    ::epoll_ctl(watcher, EPOLL_CTL_ADD, fd, &event);
  return "ok 4";
}

} // namespace

worker::worker(caf::actor_system& sys, rdma::runtime& rt)
  : runtime_(rt),
    connector_(rt.spawn_connector("worker")),
    self_(sys),
    links_(sys) {
  rt.watch_links(
    caf::actor_cast<rdma::link_listener>(caf::actor_cast<caf::actor>(links_)));
}

std::string worker::handle(const std::string& line) {
  std::istringstream in{line};
  std::string command;
  in >> command;
  if (command == "writable" || command == "readable")
    return passive(in, command == "writable");
  if (command == "write" || command == "read")
    return active(in, command == "write");
  if (command == "stats")
    return stats();
  if (command == "link")
    return next_link_event();
  if (command == "helper")
    return start_helper();
  if (command == "own-descriptors")
    return open_descriptors();
  if (command == "deadline") {
    int64_t milliseconds = 0;
    in >> milliseconds;
    options_.deadline = std::chrono::milliseconds{milliseconds};
    return "ok";
  }
  if (command == "claims") {
    in >> terms_.claims;
    return "ok";
  }
  std::string id;
  in >> id;
  if (command == "drop") {
    entries_.erase(id);
    return "ok";
  }
  auto i = entries_.find(id);
  if (i == entries_.end())
    return "error none no such command or operation: " + line;
  if (command == "wait")
    return wait(id);
  if (command == "check") {
    uint64_t seed = 0;
    in >> seed;
    return check(id, seed);
  }
  if (command == "poison")
    return poison(id);
  if (command == "poisoned")
    return poisoned(id);
  std::string answer;
  auto keep = [&answer](const rdma::report& x) { answer = show(x); };
  auto fail = [&answer](const caf::error& x) { answer = show(x); };
  auto& hdl = i->second.operation.actor();
  if (command == "status")
    self_->request(hdl, caf::infinite, rdma::status_atom_v).receive(keep, fail);
  else if (command == "cancel")
    self_->request(hdl, caf::infinite, rdma::cancel_atom_v, std::string{"test"})
      .receive(keep, fail);
  else
    answer = "error none no such command: " + line;
  return answer;
}

std::string worker::next_link_event() {
  std::string answer;
  auto show_event = [&answer](const rdma::link_event& x) {
    answer = x.up
               ? "ok " + x.peer + ' ' + x.lane
               : "error " + to_string(rdma::code_of(x.reason)) + ' ' + x.peer;
  };
  auto give_up = [&answer] { answer = "error none no event of a link"; };
  links_->receive(show_event, caf::after(std::chrono::seconds{20}) >> give_up);
  return answer;
}

template <class... Ts>
std::string worker::begin(const std::string& id, entry x, Ts&&... xs) {
  std::string answer = "ok";
  self_->request(connector_, caf::infinite, std::forward<Ts>(xs)...)
    .receive([&x](rdma::operation& y) { x.operation = std::move(y); },
             [&answer](const caf::error& err) { answer = show(err); });
  if (x.operation)
    entries_[id] = std::move(x);
  return answer;
}

std::string worker::passive(std::istream& in, bool writable) {
  std::string id;
  std::string sizes;
  uint64_t seed = 0;
  in >> id;
  if (!writable)
    in >> seed;
  in >> sizes;
  entry x{worker_memory{sizes}, {}};
  auto list = x.memory.describe();
  auto opts = options_;
  opts.grant = terms_;
  std::string answer;
  if (writable) {
    answer = begin(id, std::move(x), rdma::create_writable_atom_v,
                   std::move(list), opts);
  } else {
    x.memory.fill(seed);
    answer = begin(id, std::move(x), rdma::create_readable_atom_v,
                   std::move(list), opts);
  }
  if (answer == "ok")
    self_
      ->request(entries_[id].operation.actor(), caf::infinite,
                rdma::metadata_atom_v)
      .receive([&answer](
                 const rdma::metadata& md) { answer += " " + to_text(md); },
               [&answer](const caf::error& err) { answer = show(err); });
  return answer;
}

std::string worker::active(std::istream& in, bool write) {
  std::string id;
  std::string sizes;
  std::string text;
  uint64_t seed = 0;
  in >> id;
  if (write)
    in >> seed;
  in >> sizes >> text;
  auto md = rdma::metadata_from_text(text);
  if (!md)
    return show(md.error());
  entry x{worker_memory{sizes}, {}};
  auto list = x.memory.describe();
  if (!write)
    return begin(id, std::move(x), rdma::begin_read_atom_v, std::move(*md),
                 std::move(list), options_);
  x.memory.fill(seed);
  return begin(id, std::move(x), rdma::begin_write_atom_v, std::move(list),
               std::move(*md), options_);
}

std::string worker::wait(const std::string& id) {
  std::string answer;
  self_
    ->request(entries_[id].operation.actor(), caf::infinite, rdma::wait_atom_v)
    .receive([&answer](const rdma::report& x) { answer = show(x); },
             [&answer](const caf::error& err) { answer = show(err); });
  return answer;
}

std::string worker::check(const std::string& id, uint64_t seed) {
  auto& memory = entries_[id].memory;
  if (auto n = memory.first_unlike(seed))
    return "error none differs at byte " + std::to_string(*n);
  return "ok " + std::to_string(memory.size());
}

std::string worker::poison(const std::string& id) {
  auto answer = wait(id);
  entries_[id].memory.poison();
  return answer;
}

std::string worker::poisoned(const std::string& id) {
  if (auto n = entries_[id].memory.first_not_poisoned())
    return "error none differs at byte " + std::to_string(*n);
  return "ok";
}

std::string worker::stats() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
             + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  auto fds = std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                           {});
  std::ostringstream out;
  out << "ok " << pages * 4 << " " << fds << " "
      << runtime_.loop().hosted_actors() << " " << cpu << " "
      << runtime_.loop().sleeps();
  return out.str();
}

} // namespace rdma_test
