// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace rdma::local {

/// Copies from the memory of process `pid`: what `from` names there goes to
/// what `to` names here, in order. Returns the number of bytes, which may be
/// smaller than asked for if memory over there is not mapped; or minus an error
/// number: ESRCH (no such process), EFAULT (not mapped), EPERM (not allowed),
/// ENOSYS.
ssize_t pull(pid_t pid, std::span<const iovec> from, std::span<const iovec> to);

/// The same for one value of `size` bytes. Returns 0 only if it came whole.
int pull_value(pid_t pid, uint64_t address, void* to, size_t size);

} // namespace rdma::local
