// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/descriptor.hpp"
#include "caf_rdma/messages/detail/inspect_bytes.hpp"
#include "caf_rdma/messages/grant.hpp"
#include "caf_rdma/messages/type_ids.hpp"
#include "caf_rdma/messages/worker_info.hpp"

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rdma {

/// Version of metadata. Those of another version are refused.
inline constexpr uint16_t format_version = 1;

/// How the memory behind a passive operation may be used.
enum class operation_kind : uint8_t { writable, readable };

std::string to_string(operation_kind x);

bool from_string(std::string_view str, operation_kind& x);

/// Everything an active operation needs to know of a passive one. The
/// application carries it from the passive to the active side, as a CAF message
/// or in one of the forms below. Holds no address of memory.
struct metadata {
  worker_info worker;
  token secret;
  operation_kind kind = operation_kind::writable;
  std::vector<remote_descriptor> descriptors;
  /// What may be done with the memory.
  grant terms = {};

  friend bool operator==(const metadata&, const metadata&) = default;
};

/// Checks the ranges that decoding checks: for metadata that did not come from
/// there. Returns `malformed_metadata`.
caf::error check(const metadata& x);

/// Largest encoded form that is looked at, in bytes: 65,536 descriptors and a
/// long worker address fit.
inline constexpr size_t max_metadata_size = size_t{2} << 20;

/// Encodes to the sealed Cap'n Proto form (see rdma.capnp).
std::vector<std::byte> to_bytes(const metadata& x);

/// Decodes and validates. The digest is checked first. Errors:
/// `malformed_metadata`, `unsupported_version`.
caf::expected<metadata> metadata_from_bytes(std::span<const std::byte> bytes);

/// Encodes to one line of text, "b64:" and the base64 of the sealed form: for
/// an HTTP header, a queue, a command line.
std::string to_text(const metadata& x);

/// Decodes `to_text`. White space around the text is ignored.
caf::expected<metadata> metadata_from_text(std::string_view text);

/// Encodes to a JSON object for people and HTTP bodies:
/// {"metadata": {...}, "sha256": "hex"}.
std::string to_json(const metadata& x);

/// Decodes `to_json`. Unknown keys are errors.
caf::expected<metadata> metadata_from_json(std::string_view json);

/// Short form for logs; leaves the token out.
std::string to_string(const metadata& x);

namespace detail {

caf::error load(metadata& x, std::span<const std::byte> bytes);

} // namespace detail

/// Ships the sealed form; on arrival it is validated.
template <class Inspector>
bool inspect(Inspector& f, metadata& x) {
  std::vector<std::byte> bytes;
  if constexpr (Inspector::is_loading) {
    if (!detail::load_bytes(f, bytes, max_metadata_size))
      return false;
    if (auto err = detail::load(x, bytes); err != caf::none) {
      f.set_error(std::move(err));
      return false;
    }
    return true;
  } else {
    if (f.has_human_readable_format()) {
      auto str = to_string(x);
      return f.apply(str);
    }
    bytes = to_bytes(x);
    return detail::save_bytes(f, bytes);
  }
}

} // namespace rdma
