// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace rdma_copy {

/// Computes a SHA-256 with OpenSSL.
class sha256 {
public:
  sha256();

  caf::error update(std::span<const std::byte> bytes);

  /// Returns the digest in hexadecimal digits; ends the computation.
  caf::expected<std::string> digest();

private:
  struct release {
    void operator()(evp_md_ctx_st* ptr) const noexcept;
  };

  std::unique_ptr<evp_md_ctx_st, release> context_;
  bool good_ = false;
};

} // namespace rdma_copy
