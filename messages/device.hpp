// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rdma {

enum class device_type : uint8_t { cpu, cuda };

/// Where a block of memory lives.
struct device {
  device_type type = device_type::cpu;
  /// Ordinal of the GPU; always 0 for the CPU.
  uint32_t id = 0;

  friend constexpr auto operator<=>(const device&, const device&) = default;
};

inline constexpr device cpu{};

constexpr device cuda(uint32_t id) noexcept {
  return {device_type::cuda, id};
}

/// Returns "cpu" or "cuda:N".
std::string to_string(device x);

/// Reads "cpu", "host", "cuda", "cuda:N", "gpu" or "gpu:N"; fails with
/// `errc::unsupported_device`.
caf::expected<device> parse_device(std::string_view str);

} // namespace rdma
