// SPDX-License-Identifier: BSD-3-Clause
//
// Metadata from JSON: as it comes, and as the "metadata" of an object with the
// SHA-256 that fits it.

#include "caf_rdma/messages/wire/json_escapes.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/fuzz/metadata_check.hpp"

#include "rdma.capnp.h"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <kj/encoding.h>
#include <kj/exception.h>

#include <string>

using namespace rdma;

namespace {

/// Returns the hex digest of what the library will read; empty if it will read
/// nothing.
std::string digest_of(std::string_view json) {
  try {
    capnp::JsonCodec codec;
    codec.handleByAnnotation<wire::Metadata>();
    codec.setMaxNestingDepth(8);
    capnp::MallocMessageBuilder in;
    auto root = in.initRoot<wire::Metadata>();
    auto text = detail::expand_escapes(json);
    codec.decode(kj::arrayPtr(text.data(), text.size()), root);
    auto words = capnp::canonicalize(root.asReader());
    auto bytes = words.asBytes();
    auto sum = detail::sha256(std::as_bytes(std::span{bytes.begin(), //
                                                      bytes.size()}));
    if (!sum)
      return {};
    auto hex = kj::encodeHex(
      {reinterpret_cast<const kj::byte*>(sum->data()), sum->size()});
    return {hex.begin(), hex.size()};
  } catch (const kj::Exception&) {
    return {};
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::to_text(data, size);
  fuzz::check_outcome(metadata_from_json(text));
  if (auto hex = digest_of(text); !hex.empty()) {
    auto json = std::string{"{\"metadata\":"}.append(text);
    json += ",\"sha256\":\"" + hex + "\"}";
    fuzz::check_outcome(metadata_from_json(json));
  }
  return 0;
}
