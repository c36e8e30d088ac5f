// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/metadata.hpp"
#include "caf_rdma/messages/priority.hpp"
#include "caf_rdma/messages/selection.hpp"
#include "caf_rdma/messages/status.hpp"
#include "caf_rdma/messages/worker_info.hpp"

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

// The frames of rdma.capnp as C++ values. They are decoded and validated once,
// on arrival; no handler ever reads the wire.

namespace rdma {

/// Version of frames, and of what processes of one host read from each other's
/// memory. Peers of another version are refused.
inline constexpr uint16_t protocol_version = 2;

struct hello {
  worker_info worker;
  uint64_t link_id = 0;
  uint32_t endpoint_count = 0;
  uint64_t target_incarnation = 0;
  /// Names the sender's machine; 0 if it does not use the local lane.
  uint64_t host = 0;
  /// Of the sender. Whoever does not speak it refuses the hello, and says so.
  uint16_t version = protocol_version;

  friend bool operator==(const hello&, const hello&) = default;
};

/// Accepts a hello.
struct hello_ack {
  hello self;

  friend bool operator==(const hello_ack&, const hello_ack&) = default;
};

struct hello_refused {
  errc code = errc::none;
  uint32_t endpoint_count = 0;

  friend bool operator==(const hello_refused&, const hello_refused&) = default;
};

/// Sent over an endpoint, and answered over the other side's: each learns
/// whether UCX has paired the two.
struct pairing {
  friend bool operator==(const pairing&, const pairing&) = default;
};

struct heartbeat {
  friend bool operator==(const heartbeat&, const heartbeat&) = default;
};

/// The sender has closed the link.
struct goodbye {
  errc code = errc::link_reset;
  std::string reason;

  friend bool operator==(const goodbye&, const goodbye&) = default;
};

/// Asks to put the nonce where the sender can try to read it.
struct local_probe {
  uint32_t pid = 0;
  uint64_t nonce = 0;

  friend bool operator==(const local_probe&, const local_probe&) = default;
};

/// Says where the nonce is.
struct local_nonce {
  uint32_t pid = 0;
  uint64_t address = 0;

  friend bool operator==(const local_nonce&, const local_nonce&) = default;
};

/// Says whether the sender could read the nonce; if not, why. Once the lane is
/// agreed on: that it cannot read the receiver's memory any more. With a
/// transfer: that it is to be offered anew, and not in place.
struct local_verdict {
  bool usable = false;
  std::string reason;

  friend bool operator==(const local_verdict&, const local_verdict&) = default;
};

/// Says where the sender's ring is.
struct local_ring {
  uint32_t fd = 0;
  uint64_t nonce = 0;

  friend bool operator==(const local_ring&, const local_ring&) = default;
};

/// Says that further frames and small chunks come by the receiver's ring.
struct local_switch {
  friend bool operator==(const local_switch&, const local_switch&) = default;
};

struct offer {
  token secret;
  uint64_t offset = 0;
  uint32_t length = 0;
  uint32_t chunk_size = 0;
  uint64_t total = 0;
  /// Address of the source cell if the bytes are offered in place; otherwise 0.
  uint64_t cell = 0;
  uint64_t seal = 0;
  /// Address of the memory if it is one block; otherwise 0.
  uint64_t block = 0;
  /// CRC32C of the chunk.
  std::optional<uint32_t> checksum = {};
  rdma::priority priority = rdma::priority::normal;
  /// The cell is this chunk's only, `block` is where the chunk is, and the
  /// source waits for `chunk_fetched`.
  bool passing = false;
  /// The transfer is offered anew, none of it in place: what was offered before
  /// could not be read.
  bool anew = false;

  bool in_place() const noexcept {
    return cell != 0;
  }

  friend bool operator==(const offer&, const offer&) = default;
};

/// Says what the active side wants of a passive operation's memory.
struct claim {
  token secret;
  /// Of the reader's destination; none if this is a write.
  token reply_secret;
  uint64_t total = 0;
  /// Parts of the memory; all of it if empty.
  selection blocks = {};
  /// Runs that are still to come.
  uint32_t more_blocks = 0;
  std::optional<std::string> notification = {};
  bool verify = false;
  rdma::priority priority = rdma::priority::normal;

  bool reads() const noexcept {
    return reply_secret != token{};
  }

  friend bool operator==(const claim&, const claim&) = default;
};

/// Continues the list of a claim.
struct claim_blocks {
  selection blocks;

  friend bool operator==(const claim_blocks&, const claim_blocks&) = default;
};

/// Gives back a chunk that was offered in passing.
struct chunk_fetched {
  uint64_t offset = 0;

  friend bool operator==(const chunk_fetched&, const chunk_fetched&) = default;
};

struct cancel_request {
  errc code = errc::cancelled;
  std::string reason;

  friend bool operator==(const cancel_request&, const cancel_request&)
    = default;
};

struct transfer_ended {
  rdma::status status = rdma::status::errored;
  errc code = errc::none;
  std::string reason;
  uint64_t bytes = 0;

  friend bool operator==(const transfer_ended&, const transfer_ended&)
    = default;
};

/// One message of the protocol.
struct frame {
  uint64_t link_id = 0;
  uint64_t transfer_id = 0;
  std::variant<hello, hello_ack, hello_refused, pairing, heartbeat, goodbye,
               local_probe, local_nonce, local_verdict, local_ring,
               local_switch, offer, claim, claim_blocks, chunk_fetched,
               cancel_request, transfer_ended>
    content;

  friend bool operator==(const frame&, const frame&) = default;
};

/// Largest encoded frame in bytes: UCX 1.13 takes active-message headers of up
/// to 8,100 B over TCP.
inline constexpr size_t max_frame_size = 8000;

/// Runs of blocks in one frame: so many fit beside the largest notification.
inline constexpr size_t max_runs_per_frame = 100;

/// Longest reason that travels, in bytes; `encode` cuts longer ones.
inline constexpr size_t max_reason_size = 1024;

/// Encodes into `buf`, which must be aligned to 8 bytes. Returns the number of
/// bytes used, 0 if `buf` is too small. Does not allocate for offers.
size_t encode(const frame& x, std::span<std::byte> buf);

/// Returns the bytes of `x`; for tests and for frames off the hot path.
std::vector<std::byte> to_bytes(const frame& x);

/// Returns the size in bytes of the first of several frames that follow each
/// other, 0 if there is none. Does not look into it.
size_t first_frame_size(std::span<const std::byte> bytes) noexcept;

/// Decodes and validates untrusted bytes of any alignment. Errors:
/// `protocol_violation`, `unsupported_version`.
caf::expected<frame> decode_frame(std::span<const std::byte> bytes);

/// Short form for logs; leaves tokens out.
std::string to_string(const frame& x);

} // namespace rdma
