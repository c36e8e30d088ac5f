// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/lanes/local/process_memory.hpp"

#include <cerrno>

namespace rdma::local {

ssize_t pull(pid_t pid, std::span<const iovec> from,
             std::span<const iovec> to) {
  auto n = process_vm_readv(pid, to.data(), to.size(), from.data(), from.size(),
                            0);
  return n >= 0 ? n : -errno;
}

int pull_value(pid_t pid, uint64_t address, void* to, size_t size) {
  iovec there{reinterpret_cast<void*>(address), size};
  iovec here{to, size};
  auto n = pull(pid, {&there, 1}, {&here, 1});
  if (n < 0)
    return static_cast<int>(n);
  return static_cast<size_t>(n) == size ? 0 : -EFAULT;
}

} // namespace rdma::local
