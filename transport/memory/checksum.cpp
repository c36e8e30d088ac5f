// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/memory/checksum.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace rdma {

namespace {

// The library counts in int.
constexpr size_t most = size_t{1} << 30;

} // namespace

uint32_t checksum(const block_list& xs, uint64_t offset, uint64_t length) {
  // The inversions of RFC 3720 are left to the caller.
  auto result = ~uint32_t{0};
  xs.for_each(offset, length, [&result](std::span<std::byte> piece) {
    while (!piece.empty()) {
      auto part = piece.first(std::min(piece.size(), most));
      result = crc32_iscsi(reinterpret_cast<unsigned char*>(part.data()),
                           static_cast<int>(part.size()), result);
      piece = piece.subspan(part.size());
    }
  });
  return ~result;
}

} // namespace rdma
