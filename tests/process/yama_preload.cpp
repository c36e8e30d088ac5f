// SPDX-License-Identifier: BSD-3-Clause

// Preloaded into workers: does what Linux's Yama module does to an ordinary
// user where kernel.yama.ptrace_scope is 1, on machines without it. A process
// may read another one's memory only if that has named it with PR_SET_PTRACER,
// which replaces whom it had named before. A file per process, in the folder
// RDMA_TEST_YAMA, holds the name.

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

std::string file_of(pid_t process) {
  auto* folder = std::getenv("RDMA_TEST_YAMA");
  return std::string{folder != nullptr ? folder : "."} + '/'
         + std::to_string(process);
}

bool may_read(pid_t process) {
  if (process == getpid())
    return true;
  auto tracer = 0;
  std::ifstream{file_of(process)} >> tracer;
  return tracer == -1 || tracer == getpid();
}

} // namespace

extern "C" {

int prctl(int option, ...) {
  va_list in;
  va_start(in, option);
  unsigned long xs[4];
  for (auto& x : xs)
    x = va_arg(in, unsigned long);
  va_end(in);
  if (option != PR_SET_PTRACER)
    return static_cast<int>(
      syscall(SYS_prctl, option, xs[0], xs[1], xs[2], xs[3]));
  // The kernel looks at an int, too.
  std::ofstream{file_of(getpid())} << static_cast<int>(xs[0]);
  return 0;
}

ssize_t process_vm_readv(pid_t process, const iovec* to, unsigned long to_count,
                         const iovec* from, unsigned long from_count,
                         unsigned long flags) {
  if (may_read(process))
    return syscall(SYS_process_vm_readv, process, to, to_count, from,
                   from_count, flags);
  errno = EPERM;
  return -1;
}

} // extern "C"
