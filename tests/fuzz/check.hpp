// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

/// What libFuzzer, or the replay of a corpus, calls first.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

/// What libFuzzer, or the replay of a corpus, calls for each input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rdma::fuzz {

/// Ends the process unless `condition` holds: a finding.
inline void require(bool condition, std::string_view sentence) {
  if (condition)
    return;
  std::fprintf(stderr, "VIOLATED: %.*s\n", static_cast<int>(sentence.size()),
               sentence.data());
  std::abort();
}

inline std::span<const std::byte> to_span(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span{data, size});
}

inline std::string_view to_text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

} // namespace rdma::fuzz
