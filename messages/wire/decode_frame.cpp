// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/wire/frame.hpp"

#include "caf_rdma/messages/wire/encoding.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rdma {

namespace {

constexpr auto violation = errc::protocol_violation;

constexpr size_t word_size = sizeof(capnp::word);

caf::error fail(std::string what) {
  return make_error(violation, std::move(what));
}

// -- reading -----------------------------------------------------------------

caf::expected<errc> read_code(uint16_t value) {
  auto result = errc::none;
  if (value > UINT8_MAX || !from_integer(static_cast<uint8_t>(value), result))
    return fail("unknown error code " + std::to_string(value));
  return result;
}

caf::expected<errc> read_failure(uint16_t value) {
  auto result = read_code(value);
  if (result && *result == errc::none)
    return fail("a refusal or cancel without an error code");
  return result;
}

caf::expected<std::string> read_reason(capnp::Text::Reader in) {
  if (in.size() > max_reason_size)
    return fail("a reason of " + std::to_string(in.size()) + " B exceeds "
                + std::to_string(max_reason_size) + " B");
  return detail::to_std_string(in);
}

caf::expected<hello> read(wire::Hello::Reader in) {
  hello result{
    detail::read(in.getWorker()), in.getLinkId(), in.getEndpointCount(),
    in.getTargetIncarnation(),    in.getHost(),   in.getVersion()};
  if (auto err = check(result.worker, violation); err != caf::none)
    return err;
  if (result.link_id == 0)
    return fail("a hello with link id 0");
  if (result.endpoint_count == 0)
    return fail("a hello with endpoint count 0");
  return result;
}

caf::expected<hello> unseal(capnp::Data::Reader in) {
  auto body = detail::unseal(detail::to_span(in), max_frame_size);
  if (!body)
    return fail(reason_of(body.error()));
  auto result = detail::with_struct<wire::Hello>(
    *body, [](wire::Hello::Reader x) { return read(x); });
  if (!result && code_of(result.error()) == errc::malformed_metadata)
    return fail(reason_of(result.error()));
  return result;
}

caf::expected<hello_refused> read(wire::Refusal::Reader in) {
  auto code = read_failure(in.getCode());
  if (!code)
    return code.error();
  return hello_refused{*code, in.getEndpointCount()};
}

caf::expected<local_probe> read(wire::LocalProbe::Reader in) {
  if (in.getPid() == 0 || in.getNonce() == 0)
    return fail("a local probe without a process or a nonce");
  return local_probe{in.getPid(), in.getNonce()};
}

caf::expected<local_nonce> read(wire::LocalNonce::Reader in) {
  if (in.getPid() == 0 || in.getAddress() == 0)
    return fail("a local nonce without a process or an address");
  return local_nonce{in.getPid(), in.getAddress()};
}

caf::expected<local_verdict> read(wire::LocalVerdict::Reader in) {
  auto reason = read_reason(in.getReason());
  if (!reason)
    return reason.error();
  return local_verdict{in.getUsable(), std::move(*reason)};
}

caf::expected<local_ring> read(wire::LocalRing::Reader in) {
  if (in.getFd() > INT32_MAX || in.getNonce() == 0)
    return fail("a local ring without a descriptor or a nonce");
  return local_ring{in.getFd(), in.getNonce()};
}

caf::error validate(const offer& x) {
  if (x.length == 0 || x.chunk_size == 0 || x.total == 0)
    return fail("an offer with a length, chunk size or total of 0");
  if (x.offset >= x.total || x.offset % x.chunk_size != 0)
    return fail("an offer at " + std::to_string(x.offset) + " of "
                + std::to_string(x.total) + " B in chunks of "
                + std::to_string(x.chunk_size) + " B");
  auto length = std::min<uint64_t>(x.chunk_size, x.total - x.offset);
  if (x.length != length)
    return fail("an offer of " + std::to_string(x.length) + " B, not "
                + std::to_string(length) + " B");
  if (x.in_place() != (x.seal != 0))
    return fail("an offer with a cell or a seal, but not both");
  if (!valid(x.priority))
    return fail("an offer with a priority that is none");
  if (x.block != 0 && (!x.in_place() || x.total > UINT64_MAX - x.block))
    return fail("an offer with a block that is nowhere");
  if (x.anew && x.in_place())
    return fail("an offer in place to whom cannot read there");
  if (x.passing && x.block == 0)
    return fail("an offer in passing with bytes that are nowhere");
  return {};
}

caf::expected<offer> read(wire::Offer::Reader in) {
  offer result{detail::read(in.getToken()),
               in.getOffset(),
               in.getLength(),
               in.getChunkSize(),
               in.getTotal(),
               in.getCell(),
               in.getSeal(),
               in.getBlock(),
               {},
               static_cast<priority>(in.getPriority())};
  if (auto sum = in.getChecksum(); sum != 0) {
    if (sum >> 32 != 1)
      return fail("an offer with a checksum that is none");
    result.checksum = static_cast<uint32_t>(sum);
  }
  result.passing = in.getPassing();
  result.anew = in.getAnew();
  if (auto err = validate(result); err != caf::none)
    return err;
  return result;
}

selection read(capnp::List<wire::BlockRun>::Reader in) {
  selection result;
  result.reserve(in.size());
  for (auto x : in)
    result.push_back({x.getDescriptor(), x.getCount(), x.getOffset(),
                      x.getLength(), x.getStride()});
  return result;
}

caf::expected<claim> read(wire::Claim::Reader in) {
  // To get a list counts against the limit for what is visited.
  auto blocks = in.getBlocks();
  auto notification = in.getNotification();
  claim result;
  if (in.getTotal() == 0)
    return fail("a claim for 0 B");
  if (in.getMoreBlocks() > 0 && blocks.size() == 0)
    return fail("a claim whose blocks are all to come");
  if (blocks.size() > max_runs_per_frame
      || blocks.size() + uint64_t{in.getMoreBlocks()} > max_selected_runs)
    return fail("a claim for too many blocks");
  if (notification.size() > max_notification_size
      || (notification.size() > 0 && !in.getNotify()))
    return fail("a claim with a notification of "
                + std::to_string(notification.size()) + " B");
  result.secret = detail::read(in.getToken());
  if (in.hasReplyToken()) {
    result.reply_secret = detail::read(in.getReplyToken());
    if (!result.reads())
      return fail("a claim to read without a token for the answer");
  }
  result.total = in.getTotal();
  result.blocks = read(blocks);
  result.more_blocks = in.getMoreBlocks();
  if (in.getNotify())
    result.notification.emplace(notification.begin(), notification.end());
  result.verify = in.getVerify();
  result.priority = static_cast<priority>(in.getPriority());
  if (!valid(result.priority))
    return fail("a claim with a priority that is none");
  return result;
}

caf::expected<claim_blocks> read(wire::ClaimBlocks::Reader in) {
  auto blocks = in.getBlocks();
  if (blocks.size() == 0 || blocks.size() > max_runs_per_frame)
    return fail("a continued claim with " + std::to_string(blocks.size())
                + " runs of blocks");
  return claim_blocks{read(blocks)};
}

/// Reads a failure and its reason.
template <class T, class Reader>
caf::expected<T> read_why(Reader in) {
  auto code = read_failure(in.getCode());
  if (!code)
    return code.error();
  auto reason = read_reason(in.getReason());
  if (!reason)
    return reason.error();
  return T{*code, std::move(*reason)};
}

caf::expected<transfer_ended> read(wire::Ended::Reader in) {
  transfer_ended result;
  if (!from_integer(in.getStatus(), result.status) || !is_final(result.status))
    return fail("status " + std::to_string(in.getStatus()) + " is not final");
  auto code = read_code(in.getCode());
  if (!code)
    return code.error();
  result.code = *code;
  if ((result.code == errc::none) != (result.status == status::complete))
    return fail("status " + to_string(result.status) + " with code "
                + to_string(result.code));
  auto reason = read_reason(in.getReason());
  if (!reason)
    return reason.error();
  result.reason = std::move(*reason);
  result.bytes = in.getBytes();
  return result;
}

/// Fills in the content of `x`.
template <class T>
caf::expected<frame> put(frame& x, caf::expected<T> content) {
  if (!content)
    return content.error();
  x.content = std::move(*content);
  return std::move(x);
}

caf::expected<frame> read(wire::Frame::Reader in) {
  frame x{in.getLinkId(), in.getTransferId(), heartbeat{}};
  switch (in.which()) {
    case wire::Frame::HELLO:
      return put(x, unseal(in.getHello()));
    case wire::Frame::HELLO_ACK: {
      auto self = unseal(in.getHelloAck());
      if (!self)
        return self.error();
      x.content = hello_ack{std::move(*self)};
      return x;
    }
    case wire::Frame::HELLO_REFUSED:
      return put(x, read(in.getHelloRefused()));
    case wire::Frame::PAIRING:
      x.content = pairing{};
      return x;
    case wire::Frame::HEARTBEAT:
      return x;
    case wire::Frame::GOODBYE:
      return put(x, read_why<goodbye>(in.getGoodbye()));
    case wire::Frame::LOCAL_PROBE:
      return put(x, read(in.getLocalProbe()));
    case wire::Frame::LOCAL_NONCE:
      return put(x, read(in.getLocalNonce()));
    case wire::Frame::LOCAL_VERDICT:
      return put(x, read(in.getLocalVerdict()));
    case wire::Frame::LOCAL_RING:
      return put(x, read(in.getLocalRing()));
    case wire::Frame::LOCAL_SWITCH:
      x.content = local_switch{};
      return x;
    case wire::Frame::OFFER:
      return put(x, read(in.getOffer()));
    case wire::Frame::CLAIM:
      return put(x, read(in.getClaim()));
    case wire::Frame::CLAIM_BLOCKS:
      return put(x, read(in.getClaimBlocks()));
    case wire::Frame::FETCHED:
      x.content = chunk_fetched{in.getFetched().getOffset()};
      return x;
    case wire::Frame::CANCEL:
      return put(x, read_why<cancel_request>(in.getCancel()));
    case wire::Frame::ENDED:
      return put(x, read(in.getEnded()));
  }
  return fail("unknown frame " + std::to_string(in.which()));
}

} // namespace

// A frame begins with a segment table of one word: the number of segments minus
// one, and the number of words of the only segment.
size_t first_frame_size(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < 2 * word_size)
    return 0;
  size_t words = 0;
  for (size_t i = 0; i < word_size; ++i) {
    auto x = std::to_integer<size_t>(bytes[i]);
    if (i < 4 && x != 0)
      return 0;
    if (i >= 4)
      words |= x << (8 * (i - 4));
  }
  if (words == 0 || words >= max_frame_size / word_size)
    return 0;
  auto result = (words + 1) * word_size;
  return result <= bytes.size() ? result : 0;
}

caf::expected<frame> decode_frame(std::span<const std::byte> bytes) {
  if (bytes.empty() || first_frame_size(bytes) != bytes.size())
    return fail(std::to_string(bytes.size()) + " B are no frame");
  auto n = bytes.size() / word_size - 1;
  return detail::guarded(violation, [=]() -> caf::expected<frame> {
    // The copy aligns the bytes. It also keeps a peer that shares memory with
    // UCX from changing them while they are read.
    capnp::word words[max_frame_size / word_size];
    std::memcpy(static_cast<void*>(words), bytes.data() + word_size,
                n * word_size);
    kj::ArrayPtr<const capnp::word> segments[] = {kj::arrayPtr(words, n)};
    capnp::SegmentArrayMessageReader in{segments, detail::limits(n)};
    return read(in.getRoot<wire::Frame>());
  });
}

} // namespace rdma
