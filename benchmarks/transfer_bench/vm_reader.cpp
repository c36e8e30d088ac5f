// SPDX-License-Identifier: BSD-3-Clause

#include "vm_reader.hpp"

#include "memory.hpp"
#include "types.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <sstream>

namespace transfer_bench {

namespace {

constexpr size_t kib = 1024;

void read_memory(pid_t pid, std::span<const iovec> local,
                 std::span<const iovec> remote, size_t size) {
  auto n = ::process_vm_readv(pid, local.data(), local.size(), remote.data(),
                              remote.size(), 0);
  if (n != static_cast<ssize_t>(size))
    die("process_vm_readv: "
        + std::string{n < 0 ? std::strerror(errno) : "not all bytes"});
}

} // namespace

std::string expose_memory() {
  std::ostringstream out;
  out << ::getpid() << ' ' << reinterpret_cast<uintptr_t>(memory().data());
  return out.str();
}

vm_reader::vm_reader(const std::string& line) {
  std::istringstream in{line};
  if (!(in >> pid_ >> base_))
    die("the other process exposes no memory");
  static auto piece = best_piece();
  piece_ = piece;
}

void vm_reader::pull(const std::vector<std::span<std::byte>>& blocks) const {
  if (blocks.size() == 1) {
    pull(blocks.front(), piece_);
    return;
  }
  std::vector<iovec> local;
  std::vector<iovec> remote;
  size_t size = 0;
  auto flush = [&] {
    read_memory(pid_, local, remote, size);
    local.clear();
    remote.clear();
    size = 0;
  };
  for (auto block : blocks) {
    local.push_back({block.data(), block.size()});
    remote.push_back(
      {reinterpret_cast<void*>(address_of(block)), block.size()});
    size += block.size();
    if (local.size() == IOV_MAX || size >= piece_)
      flush();
  }
  if (!local.empty())
    flush();
}

void vm_reader::pull(std::span<std::byte> block, size_t piece) const {
  for (size_t offset = 0; offset < block.size(); offset += piece) {
    auto part = block.subspan(offset, std::min(piece, block.size() - offset));
    iovec local{part.data(), part.size()};
    iovec remote{reinterpret_cast<void*>(address_of(part)), part.size()};
    read_memory(pid_, {&local, 1}, {&remote, 1}, part.size());
  }
}

size_t vm_reader::best_piece() const {
  using clock = std::chrono::steady_clock;
  auto block = memory().first(std::min(memory().size(), 16384 * kib));
  auto best = clock::duration::max();
  size_t result = kib * kib;
  for (auto piece :
       {128 * kib, 256 * kib, 512 * kib, 1024 * kib, 4096 * kib, 16384 * kib})
    for (int i = 0; i < 5; ++i) {
      auto start = clock::now();
      pull(block, piece);
      if (auto time = clock::now() - start; time < best) {
        best = time;
        result = piece;
      }
    }
  return result;
}

uintptr_t vm_reader::address_of(std::span<std::byte> block) const {
  return base_ + static_cast<uintptr_t>(block.data() - memory().data());
}

} // namespace transfer_bench
