// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/registrations.hpp"

#include "caf_rdma/transport/ucx/make_error.hpp"

#include <ucp/api/ucp.h>

#include <string>

namespace rdma::ucx {

caf::error registrations::add(void* data, size_t size) {
  if (context_ == nullptr)
    return rdma::make_error(errc::shutting_down, "runtime shuts down");
  ucp_mem_map_params_t params{};
  params.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS
                      | UCP_MEM_MAP_PARAM_FIELD_LENGTH;
  params.address = data;
  params.length = size;
  ucp_mem_h handle = nullptr;
  if (auto st = ucp_mem_map(context_, &params, &handle); st != UCS_OK)
    return make_error(errc::transport_failure,
                      "cannot register " + std::to_string(size) + " B", st);
  handles_.emplace(data, handle);
  return {};
}

void registrations::remove(void* data) {
  if (auto i = handles_.find(data); i != handles_.end()) {
    ucp_mem_unmap(context_, i->second);
    handles_.erase(i);
  }
}

void registrations::close() {
  for (auto& [data, handle] : handles_)
    ucp_mem_unmap(context_, handle);
  handles_.clear();
  context_ = nullptr;
}

} // namespace rdma::ucx
