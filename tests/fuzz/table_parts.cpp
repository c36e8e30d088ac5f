// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fuzz/table_parts.hpp"

#include <algorithm>

namespace rdma::fuzz {

// -- memory ------------------------------------------------------------------

void arena::reset(const std::vector<size_t>& blocks, std::byte fill) {
  memory_.clear();
  blocks_.clear();
  memory_.resize(guard_size, guard);
  for (auto n : blocks) {
    blocks_.emplace_back(memory_.size(), n);
    memory_.resize(memory_.size() + n, fill);
    memory_.resize(memory_.size() + guard_size, guard);
  }
}

descriptor_list arena::blocks() {
  descriptor_list result;
  for (auto [offset, n] : blocks_)
    result.push_back(descriptor{std::span{memory_}.subspan(offset, n)});
  return result;
}

bool arena::guards_intact() const {
  auto is_guard = [](std::byte x) { return x == guard; };
  size_t pos = 0;
  for (auto [offset, n] : blocks_) {
    auto first = memory_.begin() + static_cast<ptrdiff_t>(pos);
    auto last = memory_.begin() + static_cast<ptrdiff_t>(offset);
    if (!std::all_of(first, last, is_guard))
      return false;
    pos = offset + n;
  }
  return std::all_of(memory_.begin() + static_cast<ptrdiff_t>(pos),
                     memory_.end(), is_guard);
}

std::vector<std::byte> arena::content() const {
  std::vector<std::byte> result;
  for (auto [offset, n] : blocks_) {
    auto first = memory_.begin() + static_cast<ptrdiff_t>(offset);
    result.insert(result.end(), first, first + static_cast<ptrdiff_t>(n));
  }
  return result;
}

// -- a link ------------------------------------------------------------------

void tame_link::send(frame x) {
  require(up, "nothing is sent on a link that is down");
  require(decode_frame(to_bytes(x)) == x, "only valid frames are sent");
  ++sent;
}

bool tame_link::post(const chunk& x, ucx::request_observer& borrowed,
                     ucx::request_observer& copied) {
  require(up, "nothing is offered on a link that is down");
  frame as_sent{1, x.key.transfer, x.header};
  require(decode_frame(to_bytes(as_sent)) == as_sent,
          "only valid offers are sent");
  require(x.header.total == x.data.size(), "an offer names the right total");
  posted.emplace_back(x.key, x.header);
  auto copy = copies; // may change before the chunk has left
  auto& observer = copy ? copied : borrowed;
  job what{{x.key.link, x.key.transfer, x.header.length}, &observer, copy};
  if (at_once)
    observer.request_done(what.tag, 0, UCS_OK);
  else
    jobs_.push_back(what);
  return copy;
}

bool tame_link::let_go(ucs_status_t status) {
  if (jobs_.empty())
    return false;
  auto x = jobs_.front();
  jobs_.pop_front();
  x.observer->request_done(x.tag, 0, status);
  return true;
}

bool tame_link::holds(const transfer_key& key) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&key](const job& x) {
    return !x.copy && transfer_key{x.tag[0], x.tag[1]} == key;
  });
}

// -- a lane ------------------------------------------------------------------

void tame_lane::fetch(held_bytes from, const block_list& target,
                      uint64_t offset, ucx::request_observer& observer,
                      const ucx::request_tag& tag) {
  auto& what = *static_cast<parcel*>(from.handle);
  require(what.length == from.length, "a parcel keeps its length");
  require(what.length <= target.size() && offset <= target.size() - what.length,
          "a fetch stays within its target");
  ++what.fetched;
  job x{{}, offset, &observer, tag};
  target.for_each(offset, from.length, [&x](std::span<std::byte> piece) {
    x.pieces.push_back(piece);
  });
  if (at_once)
    finish(std::move(x), outcome::failed); // as on a closed endpoint
  else
    jobs_.push_back(std::move(x));
}

void tame_lane::stop(const token& secret) {
  if (networked)
    return;
  auto serves = [&secret](const job& x) {
    return x.tag[0] == secret.high && x.tag[1] == secret.low;
  };
  for (;;) {
    auto i = std::find_if(jobs_.begin(), jobs_.end(), serves);
    if (i == jobs_.end())
      return;
    auto x = std::move(*i);
    jobs_.erase(i);
    finish(std::move(x), outcome::failed);
  }
}

bool tame_lane::complete(size_t index, outcome how) {
  if (jobs_.empty())
    return false;
  auto i = jobs_.begin() + static_cast<ptrdiff_t>(index % jobs_.size());
  auto x = std::move(*i);
  jobs_.erase(i);
  finish(std::move(x), how);
  return true;
}

void tame_lane::finish(job x, outcome how) {
  size_t length = 0;
  for (auto piece : x.pieces)
    for (auto& b : piece) {
      if (how == outcome::failed || how == outcome::forbidden)
        break;
      b = how == outcome::ok ? pattern(x.offset + length) : std::byte{0xEE};
      ++length;
    }
  if (how == outcome::too_short)
    --length;
  auto status = how == outcome::ok || how == outcome::too_short ? UCS_OK
                : how == outcome::forbidden ? UCS_ERR_UNSUPPORTED
                                            : UCS_ERR_CONNECTION_RESET;
  x.observer->request_done(x.tag, length, status);
}

bool tame_lane::writes_to(const arena& x) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&x](const job& y) {
    return x.owns(y.pieces.front().data());
  });
}

void tame_lane::check_parcels() const {
  for (auto& x : parcels_)
    require(x.fetched + x.dropped == (x.taken ? 1 : 0),
            "each held chunk is fetched or dropped exactly once");
}

} // namespace rdma::fuzz
