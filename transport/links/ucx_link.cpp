// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/ucx_link.hpp"

#include <caf/actor_cast.hpp>

#include <ucp/api/ucp.h>

#include <algorithm>
#include <utility>

namespace rdma {

namespace {

// Smaller transfers are cheaper to send than to look up: a fetch in place takes
// three system calls.
constexpr uint64_t least_exposed = uint64_t{16} << 10;

// Smaller blocks are cheaper to copy: a fetch in place takes 0.7 us for each,
// whatever its size. Huge transfers would need chunks that no ring takes.
constexpr uint64_t least_exposed_block = uint64_t{2} << 10;
constexpr uint64_t most_copied = uint64_t{1} << 30;

static_assert(most_copied / outbox::max_data_size < max_chunks);

// Copies a chunk's bytes to `to`.
void copy(const chunk& x, std::span<std::byte> to) {
  auto pos = to.begin();
  x.data.for_each(x.begin, x.header.length, [&pos](std::span<std::byte> piece) {
    pos = std::copy(piece.begin(), piece.end(), pos);
  });
}

} // namespace

ucx_link::ucx_link(link_id id, worker_info peer, link_environment& env)
  : id_(id), peer_(std::move(peer)), env_(env), outbox_(env.pool) {
  // nop
}

bool ucx_link::reads_device(const block_list& data, uint64_t offset,
                            uint64_t length) const {
  return env_.direct && !in_place() && goes_by_rendezvous(length)
         && !data.only_piece(offset, length).empty();
}

local::exposure ucx_link::expose(const block_list& data) {
  if (!local.usable() || data.size() < least_exposed)
    return {};
  if (outbox_.in_ring() && data.size() <= most_copied
      && data.size() / data.count() < least_exposed_block)
    return {};
  return local::exposure{env_.cells, data};
}

// Twice as many as live at most, at a cost that does not grow with their
// number.
void ucx_link::add(client x) {
  if (clients.size() >= clients_to_look_at_) {
    std::erase_if(clients, [](auto& y) {
      return !y.promise.pending()
             && caf::actor_cast<link_watcher>(y.watcher) == nullptr;
    });
    clients_to_look_at_ = std::max(least_clients_to_look_at,
                                   2 * clients.size());
  }
  clients.push_back(std::move(x));
}

// -- frames ------------------------------------------------------------------

void ucx_link::send_hello(const frame& x) {
  hello_ = to_bytes(x);
  if (!endpoint.over_tcp())
    post_alone(std::exchange(hello_, {}), UCP_AM_SEND_FLAG_EAGER);
}

bool ucx_link::try_hello() {
  if (hello_.empty() || !endpoint)
    return true;
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS
                       | UCP_OP_ATTR_FLAG_FORCE_IMM_CMPL;
  param.flags = UCP_AM_SEND_FLAG_EAGER;
  auto result = ucp_am_send_nbx(endpoint.get(), frame_message_id, hello_.data(),
                                hello_.size(), nullptr, 0, &param);
  if (UCS_PTR_STATUS(result) == UCS_ERR_NO_RESOURCE)
    return false;
  hello_.clear(); // a failure is reported for the endpoint
  return true;
}

void ucx_link::ask_pairing() {
  asked = true;
  post_alone(to_bytes(frame{remote_id, 0, pairing{}}),
             UCP_AM_SEND_FLAG_EAGER | UCP_AM_SEND_FLAG_REPLY);
}

void ucx_link::post_alone(std::span<const std::byte> bytes, uint32_t flags) {
  flush_all();
  auto& req = env_.pool.acquire(nullptr, {});
  auto header = req.header(bytes.size());
  std::copy(bytes.begin(), bytes.end(), header.begin());
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = flags;
    return ucp_am_send_nbx(endpoint.get(), frame_message_id, header.data(),
                           bytes.size(), nullptr, 0, &param);
  });
}

void ucx_link::send(frame x) {
  if (!endpoint)
    return;
  x.link_id = remote_id;
  if (x.transfer_id == 0 && outbox_.in_ring()) {
    post_alone(to_bytes(x), UCP_AM_SEND_FLAG_EAGER);
    return;
  }
  collect();
  outbox_.add(x, endpoint.get());
}

// Through a ring it costs no system call.
void ucx_link::send_later(frame x) {
  if (!endpoint || outbox_.in_ring()) {
    send(std::move(x));
    return;
  }
  if (outbox_.empty()) {
    env_.unsent_later.push_back(id_);
    all_later_ = true;
  }
  x.link_id = remote_id;
  outbox_.add(x, endpoint.get());
}

void ucx_link::flush() {
  outbox_.flush(endpoint.get());
  after_flush();
}

void ucx_link::flush_all() {
  outbox_.flush_all(endpoint.get());
  after_flush();
}

void ucx_link::after_flush() {
  all_later_ = false;
  if (outbox_.stuck())
    env_.stuck.push_back(id_);
  if (outbox_.reader_sleeps() && endpoint)
    wake_peer();
}

void ucx_link::collect() {
  if (outbox_.empty() || std::exchange(all_later_, false))
    env_.unsent.push_back(id_);
}

// -- rings -------------------------------------------------------------------

void ucx_link::offer_ring(size_t size) {
  ring_ = local::ring_reader::make(size);
  if (ring_)
    send(frame{0, 0,
               local_ring{static_cast<uint32_t>(ring_->fd()), ring_->nonce()}});
}

void ucx_link::enter_ring(const local_ring& x) {
  if (outbox_.in_ring() || !local.usable())
    return;
  auto ring = local::ring_writer::open(local.process(), static_cast<int>(x.fd),
                                       x.nonce);
  if (!ring)
    return;
  post_alone(to_bytes(frame{remote_id, 0, local_switch{}}),
             UCP_AM_SEND_FLAG_EAGER);
  outbox_.use(std::move(*ring));
}

void ucx_link::leave_ring() {
  if (!outbox_.in_ring() || !endpoint)
    return;
  post_alone(to_bytes(frame{remote_id, 0, local_switch{}}),
             UCP_AM_SEND_FLAG_EAGER);
  outbox_.leave_ring();
  flush();
}

bool ucx_link::ring_entered() {
  if (!ring_ || ring_entered_)
    return false;
  ring_->close_fd();
  ring_entered_ = true;
  return true;
}

void ucx_link::wake_peer() {
  post_alone(to_bytes(frame{remote_id, 0, heartbeat{}}),
             UCP_AM_SEND_FLAG_EAGER);
}

// -- chunks ------------------------------------------------------------------

bool ucx_link::post(const chunk& x, ucx::request_observer& for_borrowed,
                    ucx::request_observer& for_copied) {
  ucx::request_tag tag{x.key.link, x.key.transfer, x.header.length};
  if (!endpoint) {
    for_borrowed.request_done(tag, 0, UCS_ERR_CANCELED);
    return false;
  }
  if (x.header.in_place()) {
    collect();
    outbox_.add(as_sent(x), 0, endpoint.get(), for_copied, tag);
    return true;
  }
  if (auto whole = borrowable(x); !whole.empty()) {
    flush_all();
    post(x, env_.pool.acquire(&for_borrowed, tag), whole, x.data.on_device());
    return false;
  }
  if (x.header.length <= outbox_.max_chunk_size()) {
    collect();
    copy(x, outbox_.add(as_sent(x), x.header.length, endpoint.get(), for_copied,
                        tag));
  } else {
    flush_all();
    auto& req = env_.pool.acquire(&for_copied, tag);
    auto data = req.staging(x.header.length);
    copy(x, data);
    post(x, req, data, false);
  }
  return true;
}

// A copy gives the source its memory back from a peer that hangs, without
// closing the endpoint. Scattered blocks are copied, too: UCX 1.13 fetches them
// one by one.
std::span<std::byte> ucx_link::borrowable(const chunk& x) const {
  if (!goes_by_rendezvous(x.header.length))
    return {};
  return x.data.only_piece(x.begin, x.header.length);
}

bool ucx_link::goes_by_rendezvous(uint64_t size) const {
  return size >= env_.options.rendezvous_threshold;
}

void ucx_link::post(const chunk& x, ucx::request& req,
                    std::span<std::byte> data, bool on_device) {
  auto header = req.header(ucx::request::small_header_size);
  auto size = encode(as_sent(x), header);
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS
                          | UCP_OP_ATTR_FIELD_MEMORY_TYPE;
    param.memory_type = on_device ? UCS_MEMORY_TYPE_CUDA : UCS_MEMORY_TYPE_HOST;
    param.flags = goes_by_rendezvous(data.size()) ? UCP_AM_SEND_FLAG_RNDV
                                                  : UCP_AM_SEND_FLAG_EAGER;
    return ucp_am_send_nbx(endpoint.get(), frame_message_id, header.data(),
                           size, data.data(), data.size(), &param);
  });
}

} // namespace rdma
