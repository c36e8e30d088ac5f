// SPDX-License-Identifier: BSD-3-Clause
//
// Metadata from text: as it comes, and with a seal that fits what the base64
// stands for.

#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/fuzz/metadata_check.hpp"

#include <kj/encoding.h>

#include <string>

using namespace rdma;

namespace {

constexpr std::string_view prefix = "b64:";

constexpr size_t digest_size = 32;

std::string reseal(std::string_view base64) {
  auto bytes = kj::decodeBase64(kj::arrayPtr(base64.data(), base64.size()));
  auto body = std::as_bytes(std::span{bytes.begin(), bytes.size()});
  if (body.size() >= digest_size)
    body = body.first(body.size() - digest_size);
  auto sealed = detail::seal(body);
  auto text = kj::encodeBase64(
    {reinterpret_cast<const kj::byte*>(sealed.data()), sealed.size()});
  return std::string{prefix}.append(text.begin(), text.size());
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::to_text(data, size);
  fuzz::check_outcome(metadata_from_text(text));
  if (text.starts_with(prefix))
    fuzz::check_outcome(metadata_from_text(reseal(text.substr(prefix.size()))));
  return 0;
}
