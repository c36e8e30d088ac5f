// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_driver.hpp"

#include <algorithm>

// What the peers of a table_driver do.

namespace rdma::fuzz {

table_driver::slot& table_driver::any_slot() {
  return slots_[in_.below(slots_.size())];
}

tame_link& table_driver::any_link_up() {
  std::vector<tame_link*> xs;
  for (auto& x : links_)
    if (x.up)
      xs.push_back(&x);
  return *xs[in_.below(xs.size())];
}

// A small number, or the name of a transfer of ours that a peer may have seen.
transfer_id table_driver::any_transfer() {
  auto n = in_.below(16);
  if (n < 8)
    return n / 2;
  return slots_[n % slots_.size()].key.transfer;
}

token table_driver::secret_of(const slot& x) {
  return in_.rarely() ? token{4711, in_.byte()} : x.secret;
}

void table_driver::offer_chunk(bool rendezvous) {
  auto& from = any_link_up();
  auto& to = any_slot();
  auto total = in_.rarely() ? in_.byte() : to.total;
  if (to.claimed > 0 && !in_.rarely())
    total = to.claimed;
  uint32_t chunk_sizes[] = {4, 8, 16, 64, 1, 3, UINT32_MAX, in_.byte()};
  auto chunk_size = chunk_sizes[in_.below(8)];
  auto offset = uint64_t{chunk_size} * in_.below(6);
  auto length = std::min<uint64_t>(chunk_size, total - std::min(offset, total));
  if (in_.rarely())
    length = in_.byte();
  frame as_sent{from.id(), any_transfer(),
                offer{secret_of(to), offset, static_cast<uint32_t>(length),
                      chunk_size, total}};
  std::get<offer>(as_sent.content).priority
    = static_cast<priority>(in_.below(priority_count));
  std::get<offer>(as_sent.content).anew = !lane_.networked && in_.byte() % 2;
  auto x = decode_frame(to_bytes(as_sent));
  if (!x)
    return; // does not reach a table
  if (in_.rarely())
    length = in_.byte(); // UCX has another opinion

  std::array<std::vector<std::byte>, owners::count> before;
  for (size_t i = 0; i < slots_.size(); ++i)
    before[i] = slots_[i].memory.memory();
  auto owner_before = table_.grants().claimed_by(to.secret);
  if (rendezvous) {
    auto& y = lane_.make_parcel(length);
    y.taken = table_.grants().hold(from, lane_, *x, {&y, length});
  } else {
    std::vector<std::byte> bytes;
    for (uint64_t i = 0; i < length; ++i)
      bytes.push_back(pattern(offset + i));
    table_.grants().take(from, *x, length, [&bytes](auto write) {
      auto half = bytes.size() / 2;
      write(std::span{std::as_const(bytes)}.first(half));
      write(std::span{std::as_const(bytes)}.subspan(half));
    });
  }

  // A sink that is full is forgotten.
  auto owner_after = table_.grants().claimed_by(to.secret);
  auto full = owner_after == transfer_key{} && to.full();
  require(owner_before == transfer_key{} || owner_after == owner_before || full,
          "the first claim wins");
  for (size_t i = 0; i < slots_.size(); ++i) {
    auto& y = slots_[i];
    if (y.memory.memory() == before[i])
      continue;
    require(!rendezvous, "a held chunk is not written yet");
    require(&y == &to && std::get<offer>(x->content).secret == y.secret,
            "bytes land where their token says");
    if (y.what == role::pool)
      continue;
    auto key = transfer_key{from.id(), x->transfer_id};
    auto owner = full ? owner_before : owner_after;
    require(owner == key || (full && owner == transfer_key{}),
            "bytes land for the transfer that claimed the sink");
    require(y.what == role::sink || y.what == role::pool,
            "bytes land in sinks and pools");
  }
}

selection table_driver::any_blocks() {
  selection result;
  for (auto n = in_.below(3); n > 0; --n) {
    auto length = 1 + in_.below(8);
    result.push_back({static_cast<uint32_t>(in_.below(4)),
                      static_cast<uint32_t>(1 + in_.below(3)), in_.below(24),
                      length, length + in_.below(8)});
  }
  return result;
}

frame table_driver::any_claim(tame_link& from) {
  auto& to = any_slot();
  claim result;
  result.secret = secret_of(to);
  if (to.what != role::pool || in_.rarely())
    result.reply_secret = {7, 7};
  result.blocks = any_blocks();
  result.total = result.blocks.empty() ? to.total : total_size(result.blocks);
  if (in_.rarely())
    result.total = in_.byte();
  if (in_.rarely())
    result.more_blocks = static_cast<uint32_t>(in_.below(3));
  if (in_.rarely())
    result.notification = "done";
  result.verify = in_.rarely();
  if (to.standing())
    to.claimed = result.total;
  return {from.id(), any_transfer(), std::move(result)};
}

void table_driver::send_frame() {
  auto& from = any_link_up();
  frame x{from.id(), any_transfer(), heartbeat{}};
  switch (in_.below(6)) {
    case 0:
      x = any_claim(from);
      break;
    case 1:
      x.content = claim_blocks{any_blocks()};
      break;
    case 2:
      x.content = chunk_fetched{in_.below(64)};
      break;
    case 3:
      x.content = cancel_request{errc::cancelled, "enough"};
      break;
    case 4:
      x.content = local_verdict{false, "forbidden"};
      break;
    default:
      x.content = transfer_ended{status::errored, errc::peer_lost, "no", 0};
  }
  if (auto y = decode_frame(to_bytes(x)))
    table_.receive(from, *y);
}

} // namespace rdma::fuzz
