// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/byte.hpp>
#include <caf/sec.hpp>
#include <caf/span.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

// Inspectors take a std::vector<std::byte> element by element, which is slow
// (0.2 GB/s); these two move it as one block.

namespace rdma::detail {

template <class Inspector>
bool save_bytes(Inspector& f, const std::vector<std::byte>& xs) {
  auto bytes = caf::span{reinterpret_cast<const caf::byte*>(xs.data()),
                         xs.size()};
  return f.begin_sequence(xs.size()) && f.value(bytes) && f.end_sequence();
}

/// Refuses more than `limit` bytes before it allocates.
template <class Inspector>
bool load_bytes(Inspector& f, std::vector<std::byte>& xs, size_t limit) {
  size_t n = 0;
  if (!f.begin_sequence(n))
    return false;
  if (n > limit) {
    f.emplace_error(caf::sec::invalid_argument, "message exceeds size limit");
    return false;
  }
  xs.resize(n);
  auto bytes = caf::span{reinterpret_cast<caf::byte*>(xs.data()), n};
  return f.value(bytes) && f.end_sequence();
}

} // namespace rdma::detail
