// SPDX-License-Identifier: BSD-3-Clause
//
// Frames from bytes: as they come, and as the body of a hello with a seal that
// fits it.

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/fuzz/check.hpp"

#include "rdma.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

using namespace rdma;

namespace {

void check_outcome(const caf::expected<frame>& x) {
  if (!x) {
    auto code = code_of(x.error());
    fuzz::require(code == errc::protocol_violation
                    || code == errc::unsupported_version,
                  "a frame is refused with a documented code");
    fuzz::require(!reason_of(x.error()).empty(), "a refusal says why");
    return;
  }
  auto bytes = to_bytes(*x);
  fuzz::require(bytes.size() <= max_frame_size, "frames stay in their limit");
  fuzz::require(decode_frame(bytes) == x, "frames round-trip");
  fuzz::require(!to_string(*x).empty(), "a frame can be shown");
}

caf::expected<frame> decode_hello(std::span<const std::byte> body) {
  auto sealed = detail::seal(body);
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<wire::Frame>();
  root.setHello({reinterpret_cast<const kj::byte*>(sealed.data()), //
                 sealed.size()});
  auto words = capnp::messageToFlatArray(out);
  auto bytes = words.asBytes();
  return decode_frame(std::as_bytes(std::span{bytes.begin(), bytes.size()}));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = fuzz::to_span(data, size);
  check_outcome(decode_frame(bytes));
  check_outcome(decode_hello(bytes));
  return 0;
}
