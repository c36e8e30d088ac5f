// SPDX-License-Identifier: BSD-3-Clause

#include "memory.hpp"

#include "types.hpp"

#include <cstdlib>
#include <cstring>

namespace transfer_bench {

std::shared_ptr<std::byte[]> make_memory(size_t size) {
  auto* ptr = static_cast<std::byte*>(std::aligned_alloc(4096, size));
  if (ptr == nullptr)
    die("out of memory");
  std::memset(ptr, 0x5A, size);
  return {ptr, [](std::byte* x) { std::free(x); }};
}

std::span<std::byte> memory() {
  static auto ptr = make_memory(memory_size);
  return {ptr.get(), memory_size};
}

} // namespace transfer_bench
