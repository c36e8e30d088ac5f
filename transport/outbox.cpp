// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/outbox.hpp"

#include <ucp/api/ucp.h>

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
  if (req_ == nullptr)
    return;
  auto& req = *std::exchange(req_, nullptr);
  auto chunks = std::exchange(chunks_, nullptr);
  auto header = header_.first(std::exchange(header_size_, 0));
  auto data = data_.first(std::exchange(data_size_, 0));
  req.post([&]() -> ucs_status_ptr_t {
    if (to == nullptr)
      return UCS_STATUS_PTR(UCS_ERR_CANCELED);
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_AM_SEND_FLAG_EAGER;
    return ucp_am_send_nbx(to, frame_message_id, header.data(), header.size(),
                           data.data(), data.size(), &param);
  });
}

} // namespace rdma
