// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rdma {

namespace {

struct entry {
  errc code;
  std::string_view name;
};

constexpr auto entries = std::to_array<entry>({
  {errc::none, "none"},
  {errc::no_descriptors, "no_descriptors"},
  {errc::null_pointer, "null_pointer"},
  {errc::empty_descriptor, "empty_descriptor"},
  {errc::read_only_memory, "read_only_memory"},
  {errc::count_mismatch, "count_mismatch"},
  {errc::size_mismatch, "size_mismatch"},
  {errc::kind_mismatch, "kind_mismatch"},
  {errc::unsupported_device, "unsupported_device"},
  {errc::invalid_option, "invalid_option"},
  {errc::bad_selection, "bad_selection"},
  {errc::operation_busy, "operation_busy"},
  {errc::wrong_device, "wrong_device"},
  {errc::malformed_metadata, "malformed_metadata"},
  {errc::unsupported_version, "unsupported_version"},
  {errc::stale_metadata, "stale_metadata"},
  {errc::unknown_operation, "unknown_operation"},
  {errc::already_claimed, "already_claimed"},
  {errc::operation_ended, "operation_ended"},
  {errc::not_granted, "not_granted"},
  {errc::peer_unreachable, "peer_unreachable"},
  {errc::peer_lost, "peer_lost"},
  {errc::peer_unresponsive, "peer_unresponsive"},
  {errc::link_reset, "link_reset"},
  {errc::outcome_unknown, "outcome_unknown"},
  {errc::cancelled, "cancelled"},
  {errc::deadline_exceeded, "deadline_exceeded"},
  {errc::shutting_down, "shutting_down"},
  {errc::grant_revoked, "grant_revoked"},
  {errc::protocol_violation, "protocol_violation"},
  {errc::limit_reached, "limit_reached"},
  {errc::transport_failure, "transport_failure"},
  {errc::ucx_version_mismatch, "ucx_version_mismatch"},
  {errc::no_usable_lane, "no_usable_lane"},
  {errc::integrity_error, "integrity_error"},
  {errc::device_error, "device_error"},
});

} // namespace

std::string to_string(errc x) {
  auto i = std::ranges::find(entries, x, &entry::code);
  if (i == entries.end())
    return "errc(" + std::to_string(static_cast<int>(x)) + ')';
  return std::string{i->name};
}

bool from_string(std::string_view str, errc& x) {
  auto i = std::ranges::find(entries, str, &entry::name);
  if (i == entries.end())
    return false;
  x = i->code;
  return true;
}

bool from_integer(uint8_t value, errc& x) {
  auto i = std::ranges::find(entries, static_cast<errc>(value), &entry::code);
  if (i == entries.end())
    return false;
  x = i->code;
  return true;
}

caf::error make_error(errc code, std::string what) {
  return caf::make_error(code, std::move(what));
}

errc code_of(const caf::error& err) {
  auto result = errc::none;
  if (err != caf::none && err.category() == caf::type_id_v<errc>)
    from_integer(err.code(), result);
  return result;
}

std::string reason_of(const caf::error& err) {
  if (err == caf::none)
    return to_string(errc::none);
  if (const auto& context = err.context();
      context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  if (auto code = code_of(err); code != errc::none)
    return to_string(code);
  return caf::to_string(err);
}

} // namespace rdma
