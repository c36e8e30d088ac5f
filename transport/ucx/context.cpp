// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/context.hpp"

#include "caf_rdma/transport/base/file_descriptors.hpp"
#include "caf_rdma/transport/ucx/make_error.hpp"
#include "caf_rdma/transport/ucx/print_to_string.hpp"
#include "caf_rdma/transport/ucx/settings.hpp"

#include <ucp/api/ucp.h>

#include <sstream>

namespace rdma::ucx {

namespace {

// Mixed releases are a common failure in the field: structs grow between them.
caf::error check_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  ucp_get_version(&major, &minor, &patch);
  if (major == UCP_API_MAJOR && minor == UCP_API_MINOR)
    return {};
  return rdma::make_error(errc::ucx_version_mismatch,
                          "built with UCX " + std::to_string(UCP_API_MAJOR)
                            + "." + std::to_string(UCP_API_MINOR)
                            + " but loaded UCX " + library_version());
}

} // namespace

caf::expected<context> context::make(const std::string& tls,
                                     uint64_t max_eager_size) {
  if (auto err = check_version(); err != caf::none)
    return err;
  // For the thread that accepts connections and for the registration cache, 5
  // that stay; UCX 1.13 aborts without. The rest is for files that it reads.
  if (auto err = expect_descriptors(16); err != caf::none)
    return err;
  capture_log();
  auto config = settings::read(tls, max_eager_size);
  if (!config)
    return std::move(config.error());
  ucp_params_t params{};
  params.field_mask = UCP_PARAM_FIELD_FEATURES;
  params.features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP;
  ucp_context_h handle = nullptr;
  if (auto st = ucp_init(&params, config->get(), &handle); st != UCS_OK)
    return make_error(st == UCS_ERR_NO_DEVICE ? errc::no_usable_lane
                                              : errc::transport_failure,
                      "cannot start UCX", st);
  return context{handle, config->overruled()};
}

context::~context() {
  if (handle_)
    ucp_cleanup(handle_);
}

bool context::moves_cuda_memory() const noexcept {
  ucp_context_attr_t attr{};
  attr.field_mask = UCP_ATTR_FIELD_MEMORY_TYPES;
  return ucp_context_query(handle_, &attr) == UCS_OK
         && (attr.memory_types & UCS_BIT(UCS_MEMORY_TYPE_CUDA)) != 0;
}

std::string context::lanes() const {
  std::istringstream in{
    print_to_string([this](FILE* to) { ucp_context_print_info(handle_, to); })};
  std::string result;
  for (std::string line; std::getline(in, line);) {
    auto pos = line.find(" -- ");
    if (line.find("resource") == std::string::npos || pos == std::string::npos)
      continue;
    if (!result.empty())
      result += ' ';
    result += line.substr(pos + 4);
  }
  return result;
}

std::string library_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  ucp_get_version(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "."
         + std::to_string(patch);
}

} // namespace rdma::ucx
