// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/links/outbox.hpp"

#include <ucp/api/ucp.h>

#include <algorithm>
#include <utility>

namespace rdma {

// -- construction, destruction -----------------------------------------------

outbox::~outbox() {
  flush(nullptr);
}

// -- operations --------------------------------------------------------------

void outbox::add(const frame& x, ucp_ep_h to) {
  encode_frame(x, to);
}

std::span<std::byte> outbox::add(const frame& x, size_t length, ucp_ep_h to,
                                 ucx::request_observer& observer,
                                 const ucx::request_tag& tag) {
  if (open_.data_size + length > max_data_size)
    close_message(to);
  encode_frame(x, to);
  if (open_.data.size == 0 && length > 0)
    open_.data = pool_.buffers().take(max_data_size);
  open_.chunks->add(observer, tag);
  auto result
    = open_.data.first(open_.data_size + length).subspan(open_.data_size);
  open_.data_size += length;
  return result;
}

void outbox::encode_frame(const frame& x, ucp_ep_h to) {
  if (open_.header.size == 0)
    open_.header = pool_.buffers().take(max_frame_size);
  auto room = open_.header.first(max_frame_size).subspan(open_.header_size);
  auto n = encode(x, room);
  if (n == 0 && !empty()) {
    close_message(to);
    encode_frame(x, to);
    return;
  }
  open_.header_size += n;
}

void outbox::flush(ucp_ep_h to) {
  if (to == nullptr) {
    // What they end may look at us.
    waiting_bytes_ = 0;
    for (auto& x : std::exchange(waiting_, {}))
      end(x, UCS_ERR_CANCELED);
    auto last = std::exchange(open_, {});
    end(last, UCS_ERR_CANCELED);
    return;
  }
  drain(to);
  if (empty() || !waiting_.empty())
    return;
  auto x = std::exchange(open_, {});
  if (!try_send(x, to))
    open_ = std::move(x);
}

void outbox::flush_all(ucp_ep_h to) {
  if (ring_ || to == nullptr) {
    flush(to);
    return;
  }
  waiting_bytes_ = 0;
  for (auto& x : std::exchange(waiting_, {}))
    post(x, to);
  if (empty())
    return;
  auto x = std::exchange(open_, {});
  post(x, to);
}

// -- messages ----------------------------------------------------------------

void outbox::close_message(ucp_ep_h to) {
  flush(to);
  if (empty())
    return;
  auto x = std::exchange(open_, {});
  pack(x);
  waiting_bytes_ += x.header.size + x.data.size;
  waiting_.push_back(std::move(x));
}

void outbox::drain(ucp_ep_h to) {
  while (!waiting_.empty()) {
    auto x = std::move(waiting_.front());
    auto bytes = x.header.size + x.data.size;
    if (!try_send(x, to)) {
      waiting_.front() = std::move(x);
      return;
    }
    waiting_.pop_front();
    waiting_bytes_ -= bytes;
  }
}

bool outbox::try_send(message& x, ucp_ep_h to) {
  if (!ring_) {
    if (*under_way_ >= max_under_way)
      return false;
    post(x, to);
    return true;
  }
  if (!ring_->write(x.header.first(x.header_size), x.data.first(x.data_size)))
    return false;
  end(x, UCS_OK);
  return true;
}

void outbox::post(message& x, ucp_ep_h to) {
  auto header = x.header.first(x.header_size);
  auto data = x.data.first(x.data_size);
  auto& req = pool_.acquire(nullptr, {});
  x.chunks->depart(under_way_);
  req.report_to(std::move(x.chunks));
  req.keep(std::move(x.header), std::move(x.data));
  req.post([&] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_AM_SEND_FLAG_EAGER;
    return ucp_am_send_nbx(to, frame_message_id, header.data(), header.size(),
                           data.data(), data.size(), &param);
  });
}

void outbox::end(message& x, ucs_status_t status) {
  pool_.buffers().give_back(std::move(x.header));
  pool_.buffers().give_back(std::move(x.data));
  x.chunks->request_done({}, 0, status);
}

void outbox::pack(message& x) {
  x.header = copy_of(x.header, x.header_size);
  if (x.data.size > 0)
    x.data = copy_of(x.data, x.data_size);
}

ucx::buffer outbox::copy_of(ucx::buffer& x, size_t size) {
  ucx::buffer result{std::make_unique_for_overwrite<std::byte[]>(size), size};
  std::ranges::copy(x.first(size), result.bytes.get());
  pool_.buffers().give_back(std::move(x));
  return result;
}

} // namespace rdma
