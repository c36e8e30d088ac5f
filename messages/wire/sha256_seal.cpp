// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/sha256_seal.hpp"

#include "caf_rdma/messages/error.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

namespace rdma::detail {

std::optional<digest> sha256(std::span<const std::byte> bytes) {
  digest result;
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  if (EVP_Digest(bytes.data(), bytes.size(), out, nullptr, EVP_sha256(),
                 nullptr)
      != 1)
    return std::nullopt;
  return result;
}

std::vector<std::byte> seal(std::span<const std::byte> bytes) {
  auto sum = sha256(bytes).value_or(digest{});
  std::vector<std::byte> result;
  result.reserve(bytes.size() + sum.size());
  result.insert(result.end(), bytes.begin(), bytes.end());
  result.insert(result.end(), sum.begin(), sum.end());
  return result;
}

caf::expected<std::span<const std::byte>>
unseal(std::span<const std::byte> sealed, size_t limit) {
  constexpr auto digest_size = std::tuple_size_v<digest>;
  if (sealed.size() > limit)
    return make_error(errc::malformed_metadata,
                      std::to_string(sealed.size()) + " B exceed the limit of "
                        + std::to_string(limit) + " B");
  if (sealed.size() <= digest_size)
    return make_error(errc::malformed_metadata,
                      std::to_string(sealed.size()) + " B are too short");
  auto body = sealed.first(sealed.size() - digest_size);
  auto sum = sha256(body);
  if (!sum || !std::ranges::equal(*sum, sealed.last(digest_size)))
    return make_error(errc::malformed_metadata,
                      "the SHA-256 does not match: truncated or damaged");
  return body;
}

} // namespace rdma::detail
