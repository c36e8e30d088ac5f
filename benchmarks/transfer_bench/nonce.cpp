// SPDX-License-Identifier: BSD-3-Clause

#include "nonce.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <sstream>

namespace transfer_bench {

namespace {

uint64_t nonce = 0;

} // namespace

std::string introduce_memory() {
  std::random_device random;
  nonce = uint64_t{random()} << 32 | random();
  std::ostringstream out;
  out << ::getpid() << ' ' << reinterpret_cast<uintptr_t>(&nonce) << ' '
      << nonce;
  return out.str();
}

bool is_readable(const std::string& line) {
  std::istringstream in{line};
  pid_t pid = 0;
  uintptr_t address = 0;
  uint64_t expected = 0;
  uint64_t found = 0;
  in >> pid >> address >> expected;
  iovec local{&found, sizeof(found)};
  iovec remote{reinterpret_cast<void*>(address), sizeof(found)};
  return ::process_vm_readv(pid, &local, 1, &remote, 1, 0) == sizeof(found)
         && found == expected;
}

} // namespace transfer_bench
