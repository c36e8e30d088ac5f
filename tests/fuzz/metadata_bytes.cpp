// SPDX-License-Identifier: BSD-3-Clause
//
// Metadata from bytes: as they come, and with a seal that fits them, because
// no fuzzer would guess a SHA-256.

#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/fuzz/metadata_check.hpp"

using namespace rdma;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = fuzz::to_span(data, size);
  fuzz::check_outcome(metadata_from_bytes(bytes));
  fuzz::check_outcome(metadata_from_bytes(detail::seal(bytes)));
  return 0;
}
