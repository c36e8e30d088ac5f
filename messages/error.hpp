// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/detail/inspect_enum.hpp"
#include "caf_rdma/messages/type_ids.hpp"

#include <caf/error.hpp>
#include <caf/is_error_code_enum.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rdma {

/// Says why an operation, a request or a runtime failed. The values travel
/// between processes: never renumber them.
enum class errc : uint8_t {
  none = 0,
  // -- the call is wrong: fix it ---------------------------------------------
  /// The descriptor list is empty.
  no_descriptors = 1,
  /// A descriptor points to null.
  null_pointer = 2,
  /// A descriptor has no bytes.
  empty_descriptor = 3,
  /// A descriptor of read-only memory stands where bytes are to be written.
  read_only_memory = 4,
  /// Both sides must name the same number of descriptors.
  count_mismatch = 5,
  /// Descriptors must have equal sizes pair by pair.
  size_mismatch = 6,
  /// Writes need the metadata of a writable operation, reads of a readable one.
  kind_mismatch = 7,
  /// This runtime cannot reach memory of that device.
  unsupported_device = 8,
  /// An option has a value outside its range.
  invalid_option = 9,
  /// The blocks that the caller or the peer names do not lie in the memory, or
  /// overlap.
  bad_selection = 10,
  /// The prepared operation has been started and has not ended: wait for it.
  operation_busy = 11,
  /// The memory is not where the descriptor says: on no device, or on another.
  wrong_device = 12,
  // -- the metadata is wrong: ask for it again -------------------------------
  /// The metadata is truncated, damaged or no metadata at all.
  malformed_metadata = 20,
  /// The metadata or the peer speaks another version of a format.
  unsupported_version = 21,
  /// The metadata is from an earlier life of the worker: ask for new metadata.
  stale_metadata = 22,
  /// The peer knows no operation with this token: ask for new metadata.
  unknown_operation = 23,
  /// Another active operation was first: ask for new metadata.
  already_claimed = 24,
  /// The peer's operation is over: ask for new metadata.
  operation_ended = 25,
  /// The grant does not allow this: to this worker, to name blocks, or to send
  /// a notification.
  not_granted = 26,
  // -- the peer is gone or silent --------------------------------------------
  /// Nobody answers at the metadata's address: retry later or ask for new
  /// metadata.
  peer_unreachable = 40,
  /// The peer died or closed its side: ask for new metadata once it is back.
  peer_lost = 41,
  /// The peer is silent for longer than the heartbeat's limit: it hangs or the
  /// network is cut. Retry later, with new metadata.
  peer_unresponsive = 42,
  /// The link had to be closed by force because of another operation: ask for
  /// new metadata.
  link_reset = 43,
  /// The link died while the peer decided: the bytes may or may not have
  /// arrived. Ask the application on the other side.
  outcome_unknown = 44,
  // -- somebody wanted it so -------------------------------------------------
  /// This side or the peer cancelled the operation.
  cancelled = 60,
  /// The operation's deadline passed.
  deadline_exceeded = 61,
  /// The runtime is shutting down.
  shutting_down = 62,
  /// The owner of the memory has ended the grant: ask for new metadata.
  grant_revoked = 63,
  // -- the machinery ---------------------------------------------------------
  /// The peer broke the protocol: report a bug, of ours or of the peer.
  protocol_violation = 80,
  /// A limit of this runtime is reached: wait, or raise the limit.
  limit_reached = 81,
  /// UCX failed; its own text is in the message.
  transport_failure = 82,
  /// The UCX library is not of the release that this program was built with.
  ucx_version_mismatch = 83,
  /// UCX found no lane that survives the death of a peer: check `rdma.tls`,
  /// UCX_TLS and UCX_NET_DEVICES.
  no_usable_lane = 84,
  /// The bytes that have arrived are not those that were sent: their CRC32C
  /// differs. Transfer them again.
  integrity_error = 85,
  /// A GPU or its driver failed; its own text is in the message. Operations
  /// that do not need it go on.
  device_error = 86,
};

std::string to_string(errc x);

bool from_string(std::string_view str, errc& x);

/// Accepts only values that are listed above.
bool from_integer(uint8_t value, errc& x);

template <class Inspector>
bool inspect(Inspector& f, errc& x) {
  return detail::inspect_enum(f, x);
}

/// Creates an error that carries a sentence for people.
caf::error make_error(errc code, std::string what);

/// Returns the code of `err`, or `none` if `err` is not one of ours.
errc code_of(const caf::error& err);

/// Returns the sentence of `err` without its category and code.
std::string reason_of(const caf::error& err);

} // namespace rdma

CAF_ERROR_CODE_ENUM(rdma::errc)
