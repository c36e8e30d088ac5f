// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/outbox.hpp"

#include <ucp/api/ucp.h>

#include <utility>

namespace rdma {

namespace {

// Ends a request that UCX has never seen.
void end(ucx::request& x, ucs_status_t status) {
  x.post([status] { return UCS_STATUS_PTR(status); });
}

} // namespace

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
  if (data_size_ + length > max_data_size)
    flush(to);
  encode_frame(x, to);
  if (chunks_ == nullptr) {
    chunks_ = std::make_shared<ucx::shipment>();
    req_->report_to(chunks_);
    data_ = req_->staging(max_data_size);
  }
  chunks_->add(observer, tag);
  auto result = data_.subspan(data_size_, length);
  data_size_ += length;
  return result;
}

void outbox::encode_frame(const frame& x, ucp_ep_h to) {
  if (req_ == nullptr) {
    req_ = &pool_.acquire(nullptr, {});
    header_ = req_->header(max_frame_size);
  }
  auto n = encode(x, header_.subspan(header_size_));
  if (n == 0 && header_size_ > 0) {
    flush(to);
    encode_frame(x, to);
    return;
  }
  header_size_ += n;
}

void outbox::flush(ucp_ep_h to) {
  if (to == nullptr)
    for (auto& x : std::exchange(waiting_, {}))
      end(*x.req, UCS_ERR_CANCELED);
  else
    drain();
  if (req_ == nullptr)
    return;
  message x{std::exchange(req_, nullptr),
            header_.first(std::exchange(header_size_, 0)),
            data_.first(std::exchange(data_size_, 0))};
  // What `x` ends may look at us.
  auto chunks = std::exchange(chunks_, nullptr);
  if (to == nullptr) {
    end(*x.req, UCS_ERR_CANCELED);
  } else if (ring_) {
    waiting_.push_back(x);
    drain();
  } else {
    send(x, to);
  }
}

void outbox::drain() {
  while (!waiting_.empty()) {
    auto x = waiting_.front();
    if (!ring_->write(x.header, x.data))
      return;
    waiting_.pop_front();
    end(*x.req, UCS_OK);
  }
}

void outbox::leave_ring(ucp_ep_h to) {
  ring_.reset();
  for (auto& x : std::exchange(waiting_, {}))
    send(x, to);
}

void outbox::send(const message& x, ucp_ep_h to) {
  x.req->post([&] {
    auto param = x.req->send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_AM_SEND_FLAG_EAGER;
    return ucp_am_send_nbx(to, frame_message_id, x.header.data(),
                           x.header.size(), x.data.data(), x.data.size(),
                           &param);
  });
}

} // namespace rdma
