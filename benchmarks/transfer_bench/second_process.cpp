// SPDX-License-Identifier: BSD-3-Clause

#include "second_process.hpp"

#include "types.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace transfer_bench {

second_process::second_process() {
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
    ::execl(program.c_str(), "transfer_bench", "serve", number.c_str(),
            nullptr);
    ::_exit(127);
  }
  ::close(fds[1]);
  channel_.emplace(fds[0]);
}

second_process::~second_process() {
  channel_.reset(); // it ends when it hears that
  ::waitpid(pid_, nullptr, 0);
}

void second_process::tell(const std::string& line) {
  channel_->tell(line);
}

std::string second_process::hear() {
  std::string line;
  if (!channel_->hear(line))
    die("the second process is gone");
  return line;
}

} // namespace transfer_bench
