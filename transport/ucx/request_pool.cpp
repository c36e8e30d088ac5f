// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/request_pool.hpp"

#include <iterator>
#include <utility>

namespace rdma::ucx {

// -- request: posting --------------------------------------------------------

std::span<std::byte> request::header(size_t size) {
  if (size <= small_header_.size())
    return small_header_;
  if (header_.size < size)
    header_ = pool_->buffers_.take(size);
  return header_.first(size);
}

std::span<std::byte> request::staging(size_t size) {
  staging_ = pool_->buffers_.take(size);
  return staging_.first(size);
}

ucp_request_param_t request::send_param() noexcept {
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  param.cb.send = on_send;
  param.user_data = this;
  return param;
}

ucp_request_param_t request::receive_param() noexcept {
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA
                       | UCP_OP_ATTR_FIELD_RECV_INFO;
  param.cb.recv_am = on_receive;
  param.recv_info.length = &length_;
  param.user_data = this;
  return param;
}

void request::settle(ucs_status_ptr_t result) {
  posting_ = false;
  if (result == nullptr) {
    finish(length_, UCS_OK);
  } else if (UCS_PTR_IS_ERR(result)) {
    finish(0, UCS_PTR_STATUS(result));
  } else if (done_) {
    ucp_request_free(result);
    finish(length_, status_);
  }
}

// -- request: completion -----------------------------------------------------

void request::on_send(void* req, ucs_status_t status, void* self) {
  static_cast<request*>(self)->on_done(req, 0, status);
}

void request::on_receive(void* req, ucs_status_t status, size_t length,
                         void* self) {
  static_cast<request*>(self)->on_done(req, length, status);
}

void request::on_done(void* req, size_t length, ucs_status_t status) {
  if (posting_) {
    done_ = true;
    length_ = length;
    status_ = status;
    return;
  }
  ucp_request_free(req);
  finish(length, status);
}

void request::finish(size_t length, ucs_status_t status) {
  auto* observer = observer_;
  auto tag = tag_;
  auto keeper = std::move(keeper_);
  pool_->recycle(*this);
  if (observer != nullptr)
    observer->request_done(tag, length, status);
}

// -- request_pool ------------------------------------------------------------

request& request_pool::acquire(request_observer* observer,
                               const request_tag& tag,
                               std::shared_ptr<void> keeper) {
  if (idle_.empty()) {
    auto& x = all_.emplace_back();
    x.pool_ = this;
    x.place_ = std::prev(all_.end());
    idle_.push_back(&x);
  }
  auto& req = *idle_.back();
  idle_.pop_back();
  req.observer_ = observer;
  req.tag_ = tag;
  req.keeper_ = std::move(keeper);
  req.length_ = 0;
  req.done_ = false;
  req.blocks_.clear();
  return req;
}

void request_pool::recycle(request& x) {
  buffers_.give_back(std::exchange(x.header_, {}));
  buffers_.give_back(std::exchange(x.staging_, {}));
  if (idle_.size() >= max_idle) {
    all_.erase(x.place_);
    return;
  }
  if (x.blocks_.capacity() > max_kept_blocks)
    x.blocks_ = std::vector<ucp_dt_iov_t>{};
  idle_.push_back(&x);
}

} // namespace rdma::ucx
