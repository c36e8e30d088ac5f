// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/frame.hpp"

#include "caf_rdma/messages/wire/encoding.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace rdma {

namespace {

constexpr size_t word_size = sizeof(capnp::word);

/// The segment table of a message of one segment: the number of segments minus
/// one, the number of words; both little-endian.
using segment_table = std::array<unsigned char, word_size>;

// -- writing -----------------------------------------------------------------

/// Cuts after `max_reason_size` bytes, but not within a UTF-8 character.
std::string_view cut(std::string_view reason) {
  auto n = std::min(reason.size(), max_reason_size);
  if (n < reason.size())
    while (n > 0 && (static_cast<unsigned char>(reason[n]) & 0xC0) == 0x80)
      --n;
  return reason.substr(0, n);
}

template <class Builder>
void write_reason(Builder out, std::string_view reason) {
  auto str = cut(reason);
  auto text = out.initReason(static_cast<unsigned>(str.size()));
  std::ranges::copy(str, text.begin());
}

std::vector<std::byte> seal(const hello& x) {
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<wire::Hello>();
  root.setVersion(x.version);
  detail::write(root.initWorker(), x.worker);
  root.setLinkId(x.link_id);
  root.setEndpointCount(x.endpoint_count);
  root.setTargetIncarnation(x.target_incarnation);
  root.setHost(x.host);
  auto words = capnp::canonicalize(root.asReader());
  return detail::seal(detail::to_span(words.asBytes()));
}

void write(wire::Frame::Builder out, const hello& x) {
  out.setHello(detail::to_data(seal(x)));
}

void write(wire::Frame::Builder out, const hello_ack& x) {
  out.setHelloAck(detail::to_data(seal(x.self)));
}

void write(wire::Frame::Builder out, const hello_refused& x) {
  auto y = out.initHelloRefused();
  y.setCode(static_cast<uint16_t>(x.code));
  y.setEndpointCount(x.endpoint_count);
}

void write(wire::Frame::Builder out, const pairing&) {
  out.setPairing();
}

void write(wire::Frame::Builder out, const heartbeat&) {
  out.setHeartbeat();
}

void write(wire::Frame::Builder out, const local_probe& x) {
  auto y = out.initLocalProbe();
  y.setPid(x.pid);
  y.setNonce(x.nonce);
}

void write(wire::Frame::Builder out, const local_nonce& x) {
  auto y = out.initLocalNonce();
  y.setPid(x.pid);
  y.setAddress(x.address);
}

void write(wire::Frame::Builder out, const local_verdict& x) {
  auto y = out.initLocalVerdict();
  y.setUsable(x.usable);
  write_reason(y, x.reason);
}

void write(wire::Frame::Builder out, const local_ring& x) {
  auto y = out.initLocalRing();
  y.setFd(x.fd);
  y.setNonce(x.nonce);
}

void write(wire::Frame::Builder out, const local_switch&) {
  out.setLocalSwitch();
}

void write(wire::Frame::Builder out, const offer& x) {
  auto y = out.initOffer();
  detail::write(y.initToken(), x.secret);
  y.setOffset(x.offset);
  y.setLength(x.length);
  y.setChunkSize(x.chunk_size);
  y.setTotal(x.total);
  y.setCell(x.cell);
  y.setSeal(x.seal);
  y.setBlock(x.block);
  if (x.checksum)
    y.setChecksum(detail::checksum_present | *x.checksum);
  y.setPriority(static_cast<uint8_t>(x.priority));
  y.setPassing(x.passing);
  y.setAnew(x.anew);
}

template <class Builder>
void write_blocks(Builder out, const selection& xs) {
  if (xs.empty())
    return;
  auto list = out.initBlocks(static_cast<unsigned>(xs.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    auto y = list[i];
    y.setDescriptor(xs[i].descriptor);
    y.setCount(xs[i].count);
    y.setOffset(xs[i].offset);
    y.setLength(xs[i].length);
    y.setStride(xs[i].stride);
  }
}

void write(wire::Frame::Builder out, const claim& x) {
  auto y = out.initClaim();
  detail::write(y.initToken(), x.secret);
  if (x.reads())
    detail::write(y.initReplyToken(), x.reply_secret);
  y.setTotal(x.total);
  write_blocks(y, x.blocks);
  y.setMoreBlocks(x.more_blocks);
  y.setNotify(x.notification.has_value());
  if (x.notification && !x.notification->empty())
    y.setNotification(
      {reinterpret_cast<const kj::byte*>(x.notification->data()),
       x.notification->size()});
  y.setVerify(x.verify);
  y.setPriority(static_cast<uint8_t>(x.priority));
}

void write(wire::Frame::Builder out, const claim_blocks& x) {
  write_blocks(out.initClaimBlocks(), x.blocks);
}

void write(wire::Frame::Builder out, const chunk_fetched& x) {
  out.initFetched().setOffset(x.offset);
}

void write(wire::Frame::Builder out, const goodbye& x) {
  auto y = out.initGoodbye();
  y.setCode(static_cast<uint16_t>(x.code));
  write_reason(y, x.reason);
}

void write(wire::Frame::Builder out, const cancel_request& x) {
  auto y = out.initCancel();
  y.setCode(static_cast<uint16_t>(x.code));
  write_reason(y, x.reason);
}

void write(wire::Frame::Builder out, const transfer_ended& x) {
  auto y = out.initEnded();
  y.setStatus(static_cast<uint8_t>(x.status));
  y.setCode(static_cast<uint16_t>(x.code));
  write_reason(y, x.reason);
  y.setBytes(x.bytes);
}

/// Words of what a frame carries besides its fixed part.
template <class T>
size_t extra_words(const T& content) {
  constexpr size_t words_per_run = 4;
  size_t result = 0;
  if constexpr (requires { content.reason; })
    result += cut(content.reason).size() / word_size + 1;
  if constexpr (requires { content.blocks; })
    result += words_per_run * content.blocks.size() + 1;
  if constexpr (requires { content.notification; })
    if (content.notification)
      result += content.notification->size() / word_size + 1;
  return result;
}

/// Returns how many words a frame takes at most; 0 for the frames that open a
/// link, which may take any number.
size_t words_for(const frame& x) {
  constexpr size_t fixed = 20;
  return std::visit(
    []<class T>(const T& content) -> size_t {
      if constexpr (std::is_same_v<T, hello> || std::is_same_v<T, hello_ack>)
        return 0;
      else
        return fixed + extra_words(content);
    },
    x.content);
}

size_t encode_into(const frame& x, std::span<std::byte> buf) {
  auto* first = reinterpret_cast<capnp::word*>(buf.data() + word_size);
  auto available = buf.size() / word_size - 1;
  auto n = words_for(x);
  if (n == 0 || n > available)
    n = available;
  std::memset(static_cast<void*>(first), 0, n * word_size);
  capnp::FlatMessageBuilder out{kj::arrayPtr(first, n)};
  auto root = out.initRoot<wire::Frame>();
  root.setLinkId(x.link_id);
  root.setTransferId(x.transfer_id);
  std::visit([&root](const auto& content) { write(root, content); }, x.content);
  auto size = out.getSegmentsForOutput()[0].size();
  segment_table table{};
  for (size_t i = 0; i < 4; ++i)
    table[4 + i] = static_cast<unsigned char>(size >> (8 * i));
  std::memcpy(buf.data(), table.data(), table.size());
  return (size + 1) * word_size;
}

} // namespace

// -- encoding ----------------------------------------------------------------

size_t encode(const frame& x, std::span<std::byte> buf) {
  buf = buf.first(std::min(buf.size(), max_frame_size));
  if (buf.size() < 2 * word_size)
    return 0;
  try {
    return encode_into(x, buf);
  } catch (const kj::Exception&) {
    return 0; // Cap'n Proto ran out of buffer
  }
}

std::vector<std::byte> to_bytes(const frame& x) {
  alignas(capnp::word) std::array<std::byte, max_frame_size> buf;
  auto n = encode(x, buf);
  return {buf.begin(), buf.begin() + n};
}

// -- strings -----------------------------------------------------------------

namespace {

std::string describe(const hello& x) {
  return "hello from " + x.worker.id + '/'
         + std::to_string(x.worker.incarnation) + ", endpoint "
         + std::to_string(x.endpoint_count);
}

std::string describe(const hello_ack& x) {
  return "ack of " + describe(x.self);
}

std::string describe(const hello_refused& x) {
  return "hello refused: " + to_string(x.code) + ", endpoint "
         + std::to_string(x.endpoint_count);
}

std::string describe(const pairing&) {
  return "pairing";
}

std::string describe(const heartbeat&) {
  return "heartbeat";
}

std::string describe(const local_probe& x) {
  return "local probe from process " + std::to_string(x.pid);
}

std::string describe(const local_nonce& x) {
  return "local nonce in process " + std::to_string(x.pid);
}

std::string describe(const local_verdict& x) {
  return x.usable ? "local lane is usable" : "no local lane: " + x.reason;
}

std::string describe(const local_ring& x) {
  return "local ring " + std::to_string(x.fd);
}

std::string describe(const local_switch&) {
  return "switch to the local ring";
}

std::string describe(const offer& x) {
  return "offer of " + std::to_string(x.length) + " B at "
         + std::to_string(x.offset) + " of " + std::to_string(x.total) + " B"
         + (x.in_place() ? " in place"
            : x.anew     ? " anew"
                         : "");
}

std::string describe(const claim& x) {
  return (x.reads() ? "claim to read " : "claim to write ")
         + std::to_string(x.total) + " B"
         + (x.blocks.empty()
              ? ""
              : " in " + std::to_string(x.blocks.size() + x.more_blocks)
                  + " runs of blocks");
}

std::string describe(const claim_blocks& x) {
  return std::to_string(x.blocks.size()) + " runs of blocks";
}

std::string describe(const chunk_fetched& x) {
  return "fetched the chunk at " + std::to_string(x.offset) + " B";
}

std::string describe(const goodbye& x) {
  return "goodbye: " + to_string(x.code) + ", " + x.reason;
}

std::string describe(const cancel_request& x) {
  return "cancel: " + to_string(x.code) + ", " + x.reason;
}

std::string describe(const transfer_ended& x) {
  return "ended: " + to_string(x.status) + ", " + to_string(x.code) + ", "
         + x.reason + ", " + std::to_string(x.bytes) + " B";
}

} // namespace

std::string to_string(const frame& x) {
  auto content = std::visit([](const auto& y) { return describe(y); },
                            x.content);
  return "frame(transfer " + std::to_string(x.transfer_id) + ", " + content
         + ')';
}

} // namespace rdma
