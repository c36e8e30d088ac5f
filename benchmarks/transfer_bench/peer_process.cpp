// SPDX-License-Identifier: BSD-3-Clause

#include "peer_process.hpp"

#include "nonce.hpp"
#include "sockets.hpp"
#include "types.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace transfer_bench {

peer_process::peer_process(const std::string& remote) {
  if (remote.empty())
    start();
  else
    connect(remote);
  same_host_ = is_readable(ask("greet"));
}

peer_process::~peer_process() {
  channel_.reset(); // it ends when it hears that
  if (pid_ > 0)
    ::waitpid(pid_, nullptr, 0);
}

void peer_process::start() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    die("no socket pair");
  // The name, as valgrind is the program that /proc/self/exe itself would run.
  auto program = std::filesystem::read_symlink("/proc/self/exe").string();
  pid_ = ::fork();
  if (pid_ < 0)
    die("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto number = std::to_string(::dup(fds[1])); // survives exec
    ::execl(program.c_str(), "transfer_bench", "passive", number.c_str(),
            nullptr);
    ::_exit(127);
  }
  ::close(fds[1]);
  channel_.emplace(fds[0]);
}

void peer_process::connect(const std::string& remote) {
  auto pos = remote.rfind(':');
  if (pos == std::string::npos)
    die("--connect wants HOST:PORT");
  host_ = remote.substr(0, pos);
  channel_.emplace(connect_to(host_, remote.substr(pos + 1)));
}

void peer_process::tell(const std::string& line) {
  channel_->tell(line);
}

std::string peer_process::hear() {
  std::string line;
  if (!channel_->hear(line))
    die("the second process is gone");
  return line;
}

} // namespace transfer_bench
