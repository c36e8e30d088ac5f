// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

// The sealed form: bytes followed by their SHA-256. Not installed.

namespace rdma::detail {

using digest = std::array<std::byte, 32>;

/// Returns nothing if OpenSSL cannot compute it (no memory, no provider).
std::optional<digest> sha256(std::span<const std::byte> bytes);

/// Appends the digest. Without OpenSSL's help this is all zeros, which `unseal`
/// refuses.
std::vector<std::byte> seal(std::span<const std::byte> bytes);

/// Returns the part of `sealed` that the digest covers. Checks the size against
/// `limit` before anything else. Errors: `malformed_metadata`.
caf::expected<std::span<const std::byte>>
unseal(std::span<const std::byte> sealed, size_t limit);

} // namespace rdma::detail
