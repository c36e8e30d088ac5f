// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/delivery/frame_receiver.hpp"

#include "caf_rdma/transport/links/outbox.hpp"

#include <ucp/api/ucp.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace rdma {

namespace {

/// Messages to take from one ring before others get their turn, and between
/// two looks at the clock.
constexpr size_t max_ring_messages = 64;
constexpr size_t messages_at_once = 8;

/// Time to spend on rings, or on frames that wait, before others get their
/// turn.
constexpr auto max_ring_time = std::chrono::microseconds{500};
constexpr auto max_dispatch_time = std::chrono::microseconds{500};

/// Messages to take at most from a ring whose link is closed.
constexpr size_t max_last_messages = 4096;

} // namespace

frame_receiver::frame_receiver(progress_loop& loop, ucx::worker& worker,
                               link_table& links, transfer_table& transfers,
                               ucx_lane& by_ucx, local_lane& in_place)
  : loop_(loop),
    worker_(worker),
    links_(links),
    transfers_(transfers),
    by_ucx_(by_ucx),
    in_place_(in_place),
    ring_messages_(loop.system().metrics().counter_singleton(
      "rdma.links", "ring-messages",
      "Messages that have come through shared memory.", "1", true)) {
  // nop
}

// -- by UCX ------------------------------------------------------------------

caf::error frame_receiver::listen() {
  return worker_.receive(frame_message_id, on_message, this);
}

ucs_status_t frame_receiver::on_message(void* arg, const void* header,
                                        size_t header_size, void* data,
                                        size_t size,
                                        const ucp_am_recv_param_t* param) {
  auto* self = static_cast<frame_receiver*>(arg);
  auto frames = std::span{static_cast<const std::byte*>(header), header_size};
  if (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) {
    auto x = decode_frame(frames);
    return x && std::holds_alternative<offer>(x->content)
             ? self->receive_held(std::move(*x), data, size)
             : UCS_ERR_REJECTED;
  }
  auto reply = (param->recv_attr & UCP_AM_RECV_ATTR_FIELD_REPLY_EP)
                 ? param->reply_ep
                 : nullptr;
  self->receive(frames, {static_cast<const std::byte*>(data), size}, reply);
  return UCS_OK; // UCX asserts that an eager message is not rejected
}

void frame_receiver::receive(std::span<const std::byte> frames,
                             std::span<const std::byte> data, ucp_ep_h reply) {
  while (auto n = first_frame_size(frames)) {
    auto x = decode_frame(frames.first(n));
    if (!x)
      break; // nobody knows where the data of the others begin
    frames = frames.subspan(n);
    auto* chunk = std::get_if<offer>(&x->content);
    // The last offer gets what is left, so that a wrong size is seen.
    auto length = chunk == nullptr || chunk->in_place() ? 0
                  : frames.empty()
                    ? data.size()
                    : std::min<size_t>(data.size(), chunk->length);
    receive(std::move(*x), data.first(length), reply);
    data = data.subspan(length);
  }
}

void frame_receiver::receive(frame x, std::span<const std::byte> data,
                             ucp_ep_h reply) {
  if (in_ring_ && x.transfer_id == 0)
    return; // what concerns the link comes by UCX
  // Offers are handled before the frames that have come with them; the lane
  // must be known by then.
  auto* from = links_.find(x.link_id);
  if (auto* verdict = std::get_if<local_verdict>(&x.content);
      verdict != nullptr && from != nullptr && x.transfer_id == 0)
    from->local.conclude(*verdict);
  // What follows must neither overtake what lies in the ring, nor come late.
  if (std::holds_alternative<local_switch>(x.content)) {
    if (from != nullptr)
      switch_ring(*from);
    return;
  }
  // Claims, too, come before the offers that belong to them.
  if (from != nullptr
      && (std::holds_alternative<claim>(x.content)
          || std::holds_alternative<claim_blocks>(x.content))) {
    from->last_heard = loop_.now();
    transfers_.grants().claimed(*from, x);
    return;
  }
  if (!std::holds_alternative<offer>(x.content)) {
    if (from != nullptr)
      from->last_heard = loop_.now(); // it may wait
    waiting_.push_back({std::move(x), reply, nullptr, {}});
    return;
  }
  if (from == nullptr) {
    // The frame that brings the link up has come, but must not be handled
    // within UCX's progress. The offer waits its turn behind it.
    if (links_.connecting(x.link_id))
      waiting_.push_back(
        {std::move(x), nullptr, nullptr, {data.begin(), data.end()}});
    return;
  }
  from->last_heard = loop_.now();
  if (std::get<offer>(x.content).in_place())
    hold_in_place(*from, x);
  else
    transfers_.grants().take(*from, x, data.size(),
                             [data](auto write) { write(data); });
}

ucs_status_t frame_receiver::receive_held(frame x, void* handle, size_t size) {
  auto* from = links_.find(x.link_id);
  if (from != nullptr) {
    from->last_heard = loop_.now();
    return transfers_.grants().hold(*from, by_ucx_, x, {handle, size})
             ? UCS_INPROGRESS
             : UCS_ERR_REJECTED;
  }
  if (!links_.connecting(x.link_id))
    return UCS_ERR_REJECTED;
  waiting_.push_back({std::move(x), nullptr, handle, {}});
  return UCS_INPROGRESS;
}

// Of a peer whose memory we have never read there is no process: such an offer
// is held, too, and fails.
void frame_receiver::hold_in_place(ucx_link& from, const frame& x) {
  auto held = in_place_.hold(from.local.process(), std::get<offer>(x.content));
  if (!transfers_.grants().hold(from, in_place_, x, held))
    in_place_.drop(held);
}

// -- through rings -----------------------------------------------------------

size_t frame_receiver::receive_rings() {
  if (transfers_.grants().congested())
    return 0;
  size_t n = 0;
  auto until = loop_.now() + max_ring_time;
  links_.visit_rings([&](ucx_link& from, local::ring_reader& ring) {
    auto taken = receive_ring(from, ring);
    n += taken;
    return taken == 0 || loop_.now() < until;
  });
  for (auto id : std::exchange(broken_, {}))
    links_.fail(id, make_error(errc::protocol_violation,
                               "the peer's messages in shared memory make no "
                               "sense"));
  return n;
}

size_t frame_receiver::receive_ring(ucx_link& from, local::ring_reader& ring) {
  ring.finish_sleep();
  auto until = loop_.now() + max_ring_time;
  size_t sum = 0;
  do {
    in_ring_ = true;
    auto n = ring.receive(messages_at_once, [this](const auto& x) {
      receive(x.header, x.data, nullptr);
    });
    in_ring_ = false;
    if (!n) {
      broken_.push_back(from.id());
      return 0;
    }
    sum += *n;
    if (*n < messages_at_once)
      break;
  } while (sum < max_ring_messages && loop_.now() < until);
  if (sum == 0)
    return 0;
  ring_messages_->inc(static_cast<int64_t>(sum));
  if (ring.writer_waits())
    from.wake_peer();
  return sum;
}

// The ring is finite, and nothing is put there any more.
void frame_receiver::switch_ring(ucx_link& from) {
  auto* ring = from.ring();
  if (ring == nullptr) {
    links_.enter_ring(from);
    return;
  }
  in_ring_ = true;
  auto n = ring->receive(ring->max_messages(), [this](const auto& x) {
    receive(x.header, x.data, nullptr);
  });
  in_ring_ = false;
  if (!n)
    broken_.push_back(from.id());
  else
    from.ring_left();
}

void frame_receiver::finish(link_id id) {
  auto* from = links_.find(id);
  if (from == nullptr)
    return;
  for (size_t n = 0; from->ring() != nullptr && n < max_last_messages;) {
    auto taken = receive_ring(*from, *from->ring());
    if (taken == 0)
      break;
    n += taken;
  }
  auto is_of_others = [id](const arrival& x) { return x.what.link_id != id; };
  auto i = std::stable_partition(waiting_.begin(), waiting_.end(),
                                 is_of_others);
  std::vector<arrival> last(std::make_move_iterator(i),
                            std::make_move_iterator(waiting_.end()));
  waiting_.erase(i, waiting_.end());
  for (auto& x : last)
    dispatch(x);
}

// -- between two calls to UCX's progress -------------------------------------

size_t frame_receiver::dispatch() {
  auto until = loop_.now() + max_dispatch_time;
  size_t n = 0;
  while (!waiting_.empty()) {
    auto x = std::move(waiting_.front());
    waiting_.pop_front();
    dispatch(x);
    if (++n % messages_at_once == 0 && loop_.now() >= until)
      break;
  }
  return n;
}

void frame_receiver::abandon() {
  for (auto& x : waiting_)
    if (x.held != nullptr)
      by_ucx_.drop({x.held, std::get<offer>(x.what.content).length});
  waiting_.clear();
}

void frame_receiver::dispatch(arrival& x) {
  if (std::holds_alternative<goodbye>(x.what.content))
    finish(x.what.link_id);
  links_.receive(x.what, x.reply);
  auto* from = links_.find(x.what.link_id);
  if (std::holds_alternative<offer>(x.what.content))
    dispatch_postponed(from, x);
  else if (from != nullptr)
    transfers_.receive(*from, x.what);
}

void frame_receiver::dispatch_postponed(ucx_link* from, arrival& x) {
  if (x.held != nullptr) {
    held_bytes held{x.held, std::get<offer>(x.what.content).length};
    if (from == nullptr
        || !transfers_.grants().hold(*from, by_ucx_, x.what, held))
      by_ucx_.drop(held);
  } else if (from != nullptr && std::get<offer>(x.what.content).in_place()) {
    hold_in_place(*from, x.what);
  } else if (from != nullptr) {
    transfers_.grants().take(*from, x.what, x.data.size(), [&x](auto write) {
      write(std::span{std::as_const(x.data)});
    });
  }
}

} // namespace rdma
