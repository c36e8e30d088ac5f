// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/demos/kv_cluster/etcd.hpp"

#include <catch2/catch_test_macros.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace kv_test {

/// Of Debian's package etcd-server.
inline constexpr auto etcd_program = "/usr/bin/etcd";

/// Longer than a server takes to start, or an entry to go away.
inline constexpr std::chrono::seconds patience{12};

inline bool eventually(const std::function<bool()>& holds) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

inline std::string url_of(uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

/// A socket at a port of this host that nobody else has.
class bound_socket {
public:
  bound_socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(place);
    auto* generic = reinterpret_cast<sockaddr*>(&place);
    REQUIRE(::bind(fd_, generic, size) == 0);
    ::getsockname(fd_, generic, &size);
    port_ = ntohs(place.sin_port);
  }

  bound_socket(const bound_socket&) = delete;

  bound_socket& operator=(const bound_socket&) = delete;

  ~bound_socket() {
    ::close(fd_);
  }

  int fd() const noexcept {
    return fd_;
  }

  uint16_t port() const noexcept {
    return port_;
  }

private:
  int fd_;
  uint16_t port_ = 0;
};

class scratch_directory {
public:
  scratch_directory() {
    auto name
      = (std::filesystem::temp_directory_path() / "kv-etcd.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  scratch_directory(const scratch_directory&) = delete;

  scratch_directory& operator=(const scratch_directory&) = delete;

  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path() const {
    return path_.string();
  }

private:
  std::filesystem::path path_;
};

/// A program that says nothing. It ends with the object, or with us.
class process {
public:
  explicit process(std::vector<std::string> args) {
    std::vector<char*> pointers;
    for (auto& x : args)
      pointers.push_back(x.data());
    pointers.push_back(nullptr);
    auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ != 0)
      return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto null = ::open("/dev/null", O_RDWR);
    for (auto fd : {0, 1, 2})
      ::dup2(null, fd);
    if (::getppid() == parent)
      ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  process(const process&) = delete;

  process& operator=(const process&) = delete;

  ~process() {
    if (pid_ <= 0)
      return;
    send(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Returns when all of its threads have stopped.
  void stop() {
    send(SIGSTOP);
    if (pid_ > 0)
      ::waitpid(pid_, nullptr, WUNTRACED);
  }

  void go_on() {
    send(SIGCONT);
  }

  /// Returns whether it has ended, or not even started.
  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_)
      pid_ = -1;
    return pid_ <= 0;
  }

private:
  void send(int signal) {
    if (pid_ > 0)
      ::kill(pid_, signal);
  }

  pid_t pid_ = -1;
};

/// An etcd with its own data, which starts empty.
class etcd_server {
public:
  etcd_server() {
    if (::access(etcd_program, X_OK) != 0)
      SKIP("there is no " << etcd_program);
    auto up = false;
    for (int i = 0; i < 3 && !up; ++i) { // somebody may take the port
      port_ = bound_socket{}.port();
      up = start();
    }
    REQUIRE(up);
  }

  std::string url() const {
    return url_of(port_);
  }

  void stop() {
    process_->stop();
  }

  void go_on() {
    process_->go_on();
  }

  void restart_without_data() {
    process_.reset();
    data_.emplace();
    REQUIRE(start());
  }

private:
  bool start() {
    process_.emplace(std::vector<std::string>{
      etcd_program, "--data-dir", data_->path(), "--listen-client-urls", url(),
      "--advertise-client-urls", url(), "--listen-peer-urls",
      "http://127.0.0.1:0", "--log-level", "error"});
    auto client = kv_cluster::etcd::open(url());
    REQUIRE(client);
    eventually([&] { return process_->ended() || client->list(""); });
    return !process_->ended() && client->list("");
  }

  uint16_t port_ = 0;
  std::optional<scratch_directory> data_{std::in_place};
  std::optional<process> process_; // ends before its data
};

} // namespace kv_test
