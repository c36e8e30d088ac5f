// SPDX-License-Identifier: BSD-3-Clause

#include "sha256.hpp"

#include "failure.hpp"

#include <openssl/evp.h>

#include <array>

namespace rdma_copy {

namespace {

caf::error broken() {
  return failure("OpenSSL cannot compute a SHA-256");
}

} // namespace

void sha256::release::operator()(evp_md_ctx_st* ptr) const noexcept {
  EVP_MD_CTX_free(ptr);
}

sha256::sha256()
  : context_(EVP_MD_CTX_new()),
    good_(context_ != nullptr
          && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {
  // nop
}

caf::error sha256::update(std::span<const std::byte> bytes) {
  good_ = good_
          && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  return good_ ? caf::error{} : broken();
}

caf::expected<std::string> sha256::digest() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!good_ || EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1)
    return broken();
  good_ = false;
  static constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (auto i = 0u; i < size; ++i) {
    result += digits[digest[i] >> 4];
    result += digits[digest[i] & 15];
  }
  return result;
}

} // namespace rdma_copy
