// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/worker_info.hpp"

#include "rdma.capnp.h"

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What metadata and frames have in common on the wire. Not installed.

namespace rdma::detail {

/// Calls `f`, which reads untrusted bytes. This is the only place where what
/// Cap'n Proto throws turns into an error.
template <class F>
auto guarded(errc code, F f) -> decltype(f()) {
  constexpr size_t max_text = 200;
  try {
    return f();
  } catch (const kj::Exception& ex) {
    std::string what{ex.getDescription().cStr()};
    return make_error(code, what.substr(0, max_text));
  } catch (const std::exception& ex) {
    return make_error(code, std::string{ex.what()}.substr(0, max_text));
  }
}

/// Limits for a message of `size` words. Every word is visited at most twice:
/// once to read it, once to check that the encoding is canonical.
inline capnp::ReaderOptions limits(size_t size) noexcept {
  capnp::ReaderOptions result;
  result.traversalLimitInWords = 2 * size + 64;
  result.nestingLimit = 8;
  return result;
}

inline auto to_data(const std::vector<std::byte>& xs) {
  auto* first = reinterpret_cast<const kj::byte*>(xs.data());
  return capnp::Data::Reader{first, xs.size()};
}

inline std::span<const std::byte> to_span(kj::ArrayPtr<const kj::byte> xs) {
  return std::as_bytes(std::span{xs.begin(), xs.size()});
}

inline std::string to_std_string(capnp::Text::Reader x) {
  return {x.begin(), x.size()};
}

// -- parts of several messages -----------------------------------------------

/// Says in an offer that there is a checksum, which may be 0.
inline constexpr uint64_t checksum_present = uint64_t{1} << 32;

void write(wire::Worker::Builder out, const worker_info& x);

void write(wire::Token::Builder out, const token& x);

worker_info read(wire::Worker::Reader in);

token read(wire::Token::Reader in);

caf::error check_version(uint16_t version);

// -- sealed structs ----------------------------------------------------------

/// Copies to aligned words; the size must be a multiple of 8.
kj::Array<capnp::word> to_words(std::span<const std::byte> bytes);

/// Opens a sealed struct of type `Schema` and passes its reader to `f`, which
/// returns an expected value. All errors but those of `f` are
/// `malformed_metadata`.
template <class Schema, class F>
auto with_struct(std::span<const std::byte> body, F f)
  -> decltype(f(typename Schema::Reader{})) {
  constexpr auto code = errc::malformed_metadata;
  if (body.empty() || body.size() % sizeof(capnp::word) != 0)
    return make_error(code, std::to_string(body.size())
                              + " B are not a number of words");
  return guarded(code, [&]() -> decltype(f(typename Schema::Reader{})) {
    auto words = to_words(body);
    kj::ArrayPtr<const capnp::word> segments[] = {words.asPtr()};
    capnp::SegmentArrayMessageReader in{segments, limits(words.size())};
    auto result = f(in.getRoot<Schema>());
    if (result && !in.isCanonical())
      return make_error(code, "the encoding is not canonical");
    return result;
  });
}

} // namespace rdma::detail
