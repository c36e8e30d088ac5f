// SPDX-License-Identifier: BSD-3-Clause

#include "raw_worker.hpp"

#include "caf_rdma/actors/options.hpp"

#include <poll.h>

#include <cstring>

namespace transfer_bench {

namespace {

constexpr unsigned message_id = 1;

/// Idle rounds between two looks at the clock, as in the library's loop.
constexpr size_t spin_stride = 16;

void must(ucs_status_t status, const char* what) {
  if (status != UCS_OK)
    die(std::string{"raw control: "} + what + ": " + ucs_status_string(status));
}

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (auto b : bytes) {
    result += digits[b >> 4];
    result += digits[b & 15];
  }
  return result;
}

std::vector<unsigned char> from_hex(const std::string& str) {
  std::vector<unsigned char> result;
  for (size_t i = 0; i + 1 < str.size(); i += 2)
    result.push_back(
      static_cast<unsigned char>(std::stoul(str.substr(i, 2), nullptr, 16)));
  return result;
}

} // namespace

// -- construction, destruction -----------------------------------------------

raw_worker::raw_worker(loop_mode mode, raw_listener& listener)
  : mode_(mode),
    listener_(listener),
    rendezvous_threshold_(rdma::transport_options{}.rendezvous_threshold) {
  ucp_params_t params{};
  params.field_mask = UCP_PARAM_FIELD_FEATURES;
  params.features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP;
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
  if (endpoint_ != nullptr) {
    ucp_request_param_t param{};
    param.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_EP_CLOSE_FLAG_FORCE;
    wait(ucp_ep_close_nbx(endpoint_, &param));
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

void raw_worker::connect(const std::string& address) {
  auto bytes = from_hex(address);
  ucp_ep_params_t params{};
  params.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS
                      | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE
                      | UCP_EP_PARAM_FIELD_ERR_HANDLER;
  params.address = reinterpret_cast<ucp_address_t*>(bytes.data());
  params.err_mode = UCP_ERR_HANDLING_MODE_PEER;
  params.err_handler.cb = [](void*, ucp_ep_h, ucs_status_t) {};
  must(ucp_ep_create(worker_, &params, &endpoint_), "ucp_ep_create");
}

// -- sending -----------------------------------------------------------------

void raw_worker::send(const raw_header& x, std::span<std::byte> data) {
  auto& req = acquire(x, data.size(), false);
  ucp_request_param_t param{};
  param.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA
                       | UCP_OP_ATTR_FIELD_FLAGS;
  param.user_data = &req;
  param.cb.send = [](void* ucx, ucs_status_t status, void* arg) {
    ucp_request_free(ucx);
    auto& done = *static_cast<request*>(arg);
    done.self->finish(done, status);
  };
  param.flags = data.size() < rendezvous_threshold_ ? UCP_AM_SEND_FLAG_EAGER
                                                    : UCP_AM_SEND_FLAG_RNDV;
  settle(ucp_am_send_nbx(endpoint_, message_id, &req.header, sizeof(raw_header),
                         data.data(), data.size(), &param),
         req);
}

void raw_worker::flush() {
  ucp_request_param_t param{};
  wait(ucp_ep_flush_nbx(endpoint_, &param));
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
  raw_header x;
  std::memcpy(&x, header, sizeof(x));
  auto rendezvous = (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0;
  return static_cast<raw_worker*>(self)->receive(x, data, size, rendezvous);
}

ucs_status_t raw_worker::receive(const raw_header& x, void* data, size_t size,
                                 bool rendezvous) {
  if (x.what != raw_header::data) {
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

raw_worker::request& raw_worker::acquire(const raw_header& x, size_t size,
                                         bool receives) {
  if (idle_.empty())
    idle_.push_back(&all_.emplace_back());
  auto& req = *idle_.back();
  idle_.pop_back();
  req = {this, x, size, receives};
  return req;
}

void raw_worker::settle(ucs_status_ptr_t result, request& req) {
  if (!UCS_PTR_IS_PTR(result))
    finish(req, UCS_PTR_STATUS(result));
}

void raw_worker::finish(request& req, ucs_status_t status) {
  must(status, req.receives ? "receive" : "send");
  idle_.push_back(&req);
  if (req.header.what != raw_header::data)
    return;
  if (req.receives)
    listener_.on_landed(req.header, req.size);
  else
    listener_.on_sent(req.header);
}

// -- progress ----------------------------------------------------------------

void raw_worker::progress() {
  if (ucp_worker_progress(worker_) > 0)
    idle_rounds_ = 0;
  else if (mode_ == loop_mode::standard && idle_rounds_++ % spin_stride == 0)
    sleep();
}

void raw_worker::sleep() {
  auto now = std::chrono::steady_clock::now();
  if (idle_rounds_ == 1)
    idle_since_ = now;
  if (now - idle_since_ < rdma::runtime_options{}.spin)
    return;
  idle_rounds_ = 0;
  pollfd fd{-1, POLLIN, 0};
  must(ucp_worker_get_efd(worker_, &fd.fd), "event descriptor");
  if (ucp_worker_arm(worker_) == UCS_OK)
    ::poll(&fd, 1, -1);
}

} // namespace transfer_bench
