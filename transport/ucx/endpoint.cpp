// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/endpoint.hpp"

#include "caf_rdma/transport/ucx/make_error.hpp"
#include "caf_rdma/transport/ucx/print_to_string.hpp"
#include "caf_rdma/transport/ucx/worker.hpp"

#include <ucp/api/ucp.h>

#include <cassert>

namespace rdma::ucx {

caf::expected<endpoint>
endpoint::make(const worker& to, std::span<const std::byte> address,
               ucp_err_handler_cb_t callback, void* arg) {
  ucp_ep_params_t params{};
  params.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS
                      | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE
                      | UCP_EP_PARAM_FIELD_ERR_HANDLER;
  params.address = reinterpret_cast<const ucp_address_t*>(address.data());
  params.err_mode = UCP_ERR_HANDLING_MODE_PEER;
  params.err_handler.cb = callback;
  params.err_handler.arg = arg;
  ucp_ep_h handle = nullptr;
  if (auto st = ucp_ep_create(to.get(), &params, &handle); st != UCS_OK)
    return make_error(errc::peer_unreachable, "cannot create an endpoint", st);
  return endpoint{handle};
}

endpoint& endpoint::operator=(endpoint&& other) noexcept {
  assert(handle_ == nullptr);
  handle_ = std::exchange(other.handle_, nullptr);
  return *this;
}

endpoint::~endpoint() {
  assert(handle_ == nullptr);
}

bool endpoint::over_tcp() const {
  auto text
    = print_to_string([this](FILE* to) { ucp_ep_print_info(handle_, to); });
  return text.find(":tcp/") != std::string::npos;
}

void endpoint::close(request_pool& pool) {
  if (handle_ == nullptr)
    return;
  auto* handle = std::exchange(handle_, nullptr);
  auto& req = pool.acquire(nullptr, {});
  req.post([handle, &req] {
    auto param = req.send_param();
    param.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
    param.flags = UCP_EP_CLOSE_FLAG_FORCE;
    return ucp_ep_close_nbx(handle, &param);
  });
}

} // namespace rdma::ucx
