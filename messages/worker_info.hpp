// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rdma {

/// Longest name of a worker in bytes.
inline constexpr size_t max_worker_id_size = 255;

/// Where a worker can be reached.
struct worker_info {
  /// Name of the worker, 1 to 255 bytes; survives a restart if the user sets
  /// it.
  std::string id;
  /// Random number of this life of the worker; never 0.
  uint64_t incarnation = 0;
  /// UCX worker address, opaque; 1 to 4,096 bytes.
  std::vector<std::byte> address;

  friend bool operator==(const worker_info&, const worker_info&) = default;
};

/// Checks the ranges. Errors have the given code.
caf::error check(const worker_info& x, errc code);

/// Unguessable name of a granted block list, 128 random bits.
struct token {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const token&, const token&) = default;
};

/// Draws a token from the operating system's random number generator.
token make_token();

/// Draws a number other than 0 from the same generator.
uint64_t make_random_id();

} // namespace rdma

template <>
struct std::hash<rdma::token> {
  size_t operator()(const rdma::token& x) const noexcept {
    return static_cast<size_t>(x.high ^ x.low); // random already
  }
};
