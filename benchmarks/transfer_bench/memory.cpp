// SPDX-License-Identifier: BSD-3-Clause

#include "memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace transfer_bench {

namespace {

// A prime that is no divisor of any number of blocks in use.
constexpr size_t block_step = 7919;

std::shared_ptr<std::byte[]> buffer;
size_t buffer_size = 0;

// No two slots share a cache line.
size_t stride(size_t size) {
  return (size + 63) / 64 * 64;
}

// Every other block is left out.
size_t spread(const work& x) {
  return x.blocks > 1 ? 2 * x.size : x.size;
}

} // namespace

std::shared_ptr<std::byte[]> make_memory(size_t size) {
  size = (size + 4095) / 4096 * 4096;
  auto* ptr = static_cast<std::byte*>(std::aligned_alloc(4096, size));
  if (ptr == nullptr)
    die("out of memory");
  std::memset(ptr, 0x5A, size);
  return {ptr, [](std::byte* x) { std::free(x); }};
}

void reserve_memory(size_t size) {
  if (size <= buffer_size)
    return;
  buffer.reset();
  buffer = make_memory(size);
  buffer_size = size;
}

std::span<std::byte> memory() {
  return {buffer.get(), buffer_size};
}

size_t memory_for(const work& x) {
  if (x.kind == work_kind::crowded)
    return max_memory;
  return std::min(max_memory, stride(spread(x)) * x.outstanding);
}

size_t memory_slots(size_t size) {
  return std::max(size_t{1}, max_memory / stride(size));
}

std::span<std::byte> memory_slot(size_t slot, size_t size) {
  return memory().subspan(slot % memory_slots(size) * stride(size), size);
}

std::vector<std::span<std::byte>> memory_blocks(size_t slot, const work& x) {
  if (x.blocks == 1)
    return {memory_slot(slot, x.size)};
  auto all = memory_slot(slot, spread(x));
  auto size = x.size / x.blocks;
  std::vector<std::span<std::byte>> result;
  for (size_t i = 0; i < x.blocks; ++i)
    result.push_back(all.subspan(i * block_step % x.blocks * 2 * size, size));
  return result;
}

double resident_kib() {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident;
  auto bytes = resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return static_cast<double>(bytes - buffer_size) / 1024;
}

} // namespace transfer_bench
