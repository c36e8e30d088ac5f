// SPDX-License-Identifier: BSD-3-Clause

#include "raw_worker.hpp"

#include "hex.hpp"

#include <poll.h>

#include <cstring>
#include <utility>

namespace transfer_bench {

namespace {

constexpr unsigned message_id = 1;

void must(ucs_status_t status, const char* what) {
  if (status != UCS_OK)
    die(std::string{"raw control: "} + what + ": " + ucs_status_string(status));
}

} // namespace

// -- construction, destruction -----------------------------------------------

raw_worker::raw_worker(loop_mode mode, raw_listener& listener,
                       uint64_t features, uint64_t eager_below)
  : listener_(listener), eager_below_(eager_below), spin_(mode) {
  ucp_params_t params{};
  params.field_mask = UCP_PARAM_FIELD_FEATURES;
  params.features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP | features;
  must(ucp_init(&params, nullptr, &context_), "ucp_init");
  ucp_worker_params_t worker_params{};
  worker_params.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE;
  worker_params.thread_mode = UCS_THREAD_MODE_SINGLE;
  must(ucp_worker_create(context_, &worker_params, &worker_),
       "ucp_worker_create");
  ucp_am_handler_param_t handler{};
  handler.field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID
                       | UCP_AM_HANDLER_PARAM_FIELD_FLAGS
                       | UCP_AM_HANDLER_PARAM_FIELD_CB
                       | UCP_AM_HANDLER_PARAM_FIELD_ARG;
  handler.id = message_id;
  handler.flags = UCP_AM_FLAG_WHOLE_MSG;
  handler.cb = on_arrival;
  handler.arg = this;
  must(ucp_worker_set_am_recv_handler(worker_, &handler), "handler");
}

raw_worker::~raw_worker() {
  // By force: a flush would need the other side to make progress, too.
  if (auto ep = std::exchange(endpoint_, nullptr)) {
    ucp_request_param_t param{};
    param.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_EP_CLOSE_FLAG_FORCE;
    wait(ucp_ep_close_nbx(ep, &param));
  }
  ucp_worker_destroy(worker_);
  ucp_cleanup(context_);
}

// -- connecting --------------------------------------------------------------

std::string raw_worker::address() const {
  ucp_address_t* data = nullptr;
  size_t size = 0;
  must(ucp_worker_get_address(worker_, &data, &size), "address");
  auto result = to_hex({reinterpret_cast<unsigned char*>(data), size});
  ucp_worker_release_address(worker_, data);
  return result;
}

void raw_worker::set_peer(const std::string& address) {
  peer_ = from_hex(address);
}

ucp_ep_h raw_worker::endpoint() {
  if (endpoint_ != nullptr)
    return endpoint_;
  ucp_ep_params_t params{};
  params.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS
                      | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE
                      | UCP_EP_PARAM_FIELD_ERR_HANDLER;
  params.address = reinterpret_cast<ucp_address_t*>(peer_.data());
  params.err_mode = UCP_ERR_HANDLING_MODE_PEER;
  params.err_handler.arg = this;
  params.err_handler.cb = [](void* self, ucp_ep_h, ucs_status_t status) {
    // The other side may close first.
    if (static_cast<raw_worker*>(self)->endpoint_ != nullptr)
      must(status, "endpoint");
  };
  must(ucp_ep_create(worker_, &params, &endpoint_), "ucp_ep_create");
  return endpoint_;
}

// -- posting -----------------------------------------------------------------

void raw_worker::send(const raw_message& x, std::span<std::byte> data) {
  auto& req = acquire(x, data.size(), false);
  auto param = send_param(req);
  param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
  param.flags = data.size() < eager_below_ ? UCP_AM_SEND_FLAG_EAGER
                                           : UCP_AM_SEND_FLAG_RNDV;
  settle(ucp_am_send_nbx(endpoint(), message_id, &req.header,
                         sizeof(raw_message), data.data(), data.size(), &param),
         req);
}

void raw_worker::put(const raw_message& x, std::span<std::byte> data,
                     uint64_t to, ucp_rkey_h key) {
  auto& req = acquire(x, data.size(), false);
  auto param = send_param(req);
  settle(ucp_put_nbx(endpoint(), data.data(), data.size(), to, key, &param),
         req);
}

void raw_worker::get(const raw_message& x, std::span<std::byte> data,
                     uint64_t from, ucp_rkey_h key) {
  auto& req = acquire(x, data.size(), false);
  auto param = send_param(req);
  settle(ucp_get_nbx(endpoint(), data.data(), data.size(), from, key, &param),
         req);
}

void raw_worker::flush(uint32_t slot) {
  auto& req = acquire({raw_message::flush, slot}, 0, false);
  auto param = send_param(req);
  settle(ucp_ep_flush_nbx(endpoint(), &param), req);
}

void raw_worker::wait(ucs_status_ptr_t result) {
  while (UCS_PTR_IS_PTR(result)
         && ucp_request_check_status(result) == UCS_INPROGRESS)
    ucp_worker_progress(worker_);
  if (UCS_PTR_IS_PTR(result))
    ucp_request_free(result);
}

// -- receiving ---------------------------------------------------------------

ucs_status_t raw_worker::on_arrival(void* self, const void* header, size_t,
                                    void* data, size_t size,
                                    const ucp_am_recv_param_t* param) {
  raw_message x;
  std::memcpy(&x, header, sizeof(x));
  auto rendezvous = (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0;
  return static_cast<raw_worker*>(self)->receive(x, data, size, rendezvous);
}

ucs_status_t raw_worker::receive(const raw_message& x, void* data, size_t size,
                                 bool rendezvous) {
  if (x.what != raw_message::data) {
    listener_.on_message(x);
    return UCS_OK;
  }
  auto to = listener_.target(x, size);
  if (!rendezvous) {
    std::memcpy(to.data(), data, size);
    listener_.on_landed(x, size);
    return UCS_OK;
  }
  auto& req = acquire(x, size, true);
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  param.user_data = &req;
  param.cb.recv_am = [](void* ucx, ucs_status_t status, size_t, void* arg) {
    ucp_request_free(ucx);
    auto& done = *static_cast<request*>(arg);
    done.self->finish(done, status);
  };
  settle(ucp_am_recv_data_nbx(worker_, data, to.data(), size, &param), req);
  return UCS_INPROGRESS;
}

// -- requests ----------------------------------------------------------------

raw_worker::request& raw_worker::acquire(const raw_message& x, size_t size,
                                         bool receives) {
  if (idle_.empty())
    idle_.push_back(&all_.emplace_back());
  auto& req = *idle_.back();
  idle_.pop_back();
  req = {this, x, size, receives};
  return req;
}

ucp_request_param_t raw_worker::send_param(request& req) {
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  param.user_data = &req;
  param.cb.send = [](void* ucx, ucs_status_t status, void* arg) {
    ucp_request_free(ucx);
    auto& done = *static_cast<request*>(arg);
    done.self->finish(done, status);
  };
  return param;
}

void raw_worker::settle(ucs_status_ptr_t result, request& req) {
  if (!UCS_PTR_IS_PTR(result))
    finish(req, UCS_PTR_STATUS(result));
}

void raw_worker::finish(request& req, ucs_status_t status) {
  must(status, req.receives ? "receive" : "send");
  idle_.push_back(&req);
  auto what = req.header.what;
  if (req.receives)
    listener_.on_landed(req.header, req.size);
  else if (what == raw_message::data || what == raw_message::flush)
    listener_.on_sent(req.header);
}

// -- progress ----------------------------------------------------------------

void raw_worker::progress() {
  if (ucp_worker_progress(worker_) > 0)
    spin_.busy();
  else if (spin_.tired())
    sleep();
}

void raw_worker::sleep() {
  pollfd fd{-1, POLLIN, 0};
  must(ucp_worker_get_efd(worker_, &fd.fd), "event descriptor");
  if (ucp_worker_arm(worker_) == UCS_OK)
    ::poll(&fd, 1, -1);
}

} // namespace transfer_bench
