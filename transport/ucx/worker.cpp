// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/worker.hpp"

#include "caf_rdma/transport/base/file_descriptors.hpp"
#include "caf_rdma/transport/ucx/close_on_exec.hpp"
#include "caf_rdma/transport/ucx/make_error.hpp"

#include <ucp/api/ucp.h>

#include <sstream>
#include <string>

namespace rdma::ucx {

namespace {

// For the worker itself 2, for the first endpoint, which is made to itself, 3,
// and some that are closed again; UCX 1.13 aborts if the last ones are missing.
// A network interface takes 2 over TCP, and not more than 4 on RDMA hardware.
size_t descriptors_for(const context& ctx) {
  size_t result = 8;
  std::istringstream lanes{ctx.lanes()};
  for (std::string lane; lanes >> lane;)
    result += lane.starts_with("tcp/") ? 2 : 4;
  return result;
}

} // namespace

caf::expected<worker> worker::make(const context& ctx) {
  if (auto err = expect_descriptors(descriptors_for(ctx)); err != caf::none)
    return err;
  ucp_worker_params_t params{};
  params.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE;
  params.thread_mode = UCS_THREAD_MODE_SINGLE;
  ucp_worker_h handle = nullptr;
  auto st = ucp_worker_create(ctx.get(), &params, &handle);
  if (st != UCS_OK)
    return make_error(errc::transport_failure, "cannot create a UCX worker",
                      st);
  int fd = -1;
  if (st = ucp_worker_get_efd(handle, &fd); st != UCS_OK) {
    ucp_worker_destroy(handle);
    return make_error(errc::no_usable_lane, "UCX offers no wake-up", st);
  }
  return worker{handle, fd};
}

worker::~worker() {
  if (handle_)
    ucp_worker_destroy(handle_);
}

size_t worker::progress() noexcept {
  return ucp_worker_progress(handle_);
}

bool worker::arm() noexcept {
  return ucp_worker_arm(handle_) == UCS_OK;
}

void worker::close_connections_on_exec() {
  constexpr size_t few = 100;
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  if (begin < next_look_ || ucx::close_connections_on_exec(fd_) <= few)
    return;
  auto end = clock::now();
  next_look_ = end + 20 * (end - begin);
}

caf::expected<std::vector<std::byte>> worker::address() const {
  ucp_address_t* data = nullptr;
  size_t size = 0;
  if (auto st = ucp_worker_get_address(handle_, &data, &size); st != UCS_OK)
    return make_error(errc::transport_failure, "no UCX worker address", st);
  auto* bytes = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> result{bytes, bytes + size};
  ucp_worker_release_address(handle_, data);
  return result;
}

caf::error worker::receive(unsigned id, ucp_am_recv_callback_t callback,
                           void* arg) {
  ucp_am_handler_param_t params{};
  params.field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID
                      | UCP_AM_HANDLER_PARAM_FIELD_FLAGS
                      | UCP_AM_HANDLER_PARAM_FIELD_CB
                      | UCP_AM_HANDLER_PARAM_FIELD_ARG;
  params.id = id;
  params.flags = UCP_AM_FLAG_WHOLE_MSG;
  params.cb = callback;
  params.arg = arg;
  if (auto st = ucp_worker_set_am_recv_handler(handle_, &params); st != UCS_OK)
    return make_error(errc::transport_failure, "cannot receive messages", st);
  return {};
}

} // namespace rdma::ucx
