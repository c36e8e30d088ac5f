// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <csignal>
#include <ctime>

namespace rdma_copy {

inline sigset_t end_signals() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGINT);
  sigaddset(&result, SIGTERM);
  return result;
}

/// Lets SIGINT and SIGTERM wait until somebody asks for them, and a file that
/// grows beyond `ulimit -f` fail with an error. Call it before any thread
/// starts.
inline void block_signals() {
  auto set = end_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

inline void wait_for_signal() {
  auto set = end_signals();
  while (sigwaitinfo(&set, nullptr) < 0) {
    // interrupted, e.g., by a debugger
  }
}

/// Returns true, once, if a signal has arrived.
inline bool take_signal() {
  auto set = end_signals();
  timespec now{0, 0};
  return sigtimedwait(&set, nullptr, &now) > 0;
}

} // namespace rdma_copy
