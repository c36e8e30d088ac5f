// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/context.hpp"

#include "caf_rdma/messages/frame.hpp"
#include "caf_rdma/transport/ucx/error.hpp"
#include "caf_rdma/transport/ucx/printed.hpp"

#include <ucp/api/ucp.h>

#include <cstdlib>
#include <memory>
#include <sstream>

namespace rdma::ucx {

namespace {

struct config_deleter {
  void operator()(ucp_config_t* ptr) const noexcept {
    ucp_config_release(ptr);
  }
};

using config_ptr = std::unique_ptr<ucp_config_t, config_deleter>;

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

// Releases from 1.17 on want the option's name with its prefix.
void modify_tcp(ucp_config_t& config, const char* option, const char* value) {
  constexpr auto prefix = UCP_API_MINOR >= 17 ? "TCP_" : "";
  ucp_config_modify(&config, (std::string{prefix} + option).c_str(), value);
}

// What is right for us and not UCX's default. A release that lacks one of the
// options does not need it.
void set_defaults(ucp_config_t& config, uint64_t max_eager_size) {
  // Otherwise UCX makes its own connection request for each new endpoint at
  // once, too early for `link_table`.
  ucp_config_modify(&config, "RESOLVE_REMOTE_EP_ID", "n");
  // Otherwise UCX's TCP uses memory that is not its own any more if an endpoint
  // is closed by force while eager data waits in it, and its peer, which was
  // only stopped, reads on. UCX counts the header, too; it copies rendezvous
  // below this size as well, which is slow.
  auto zcopy = std::to_string(max_eager_size + max_frame_size);
  ucp_config_modify(&config, "ZCOPY_THRESH", zcopy.c_str());
  // Otherwise UCX waits for hosts that do not answer, and the loop with it; and
  // UCX 1.13 aborts (tcp_ep.c:478) if a host resets the connection too soon.
  modify_tcp(config, "CONN_NB", "y");
  // Otherwise what the outbox has gathered goes out in pieces of 8 KiB.
  if (std::getenv("UCX_TCP_TX_SEG_SIZE") == nullptr)
    modify_tcp(config, "TX_SEG_SIZE", "64K");
}

} // namespace

caf::expected<context> context::make(const std::string& tls,
                                     uint64_t max_eager_size) {
  if (auto err = check_version(); err != caf::none)
    return err;
  capture_log();
  ucp_config_t* raw = nullptr;
  if (auto st = ucp_config_read(nullptr, nullptr, &raw); st != UCS_OK)
    return make_error(errc::transport_failure, "cannot read UCX_* settings",
                      st);
  config_ptr config{raw};
  if (!tls.empty()) {
    auto st = ucp_config_modify(config.get(), "TLS", tls.c_str());
    if (st != UCS_OK)
      return make_error(errc::invalid_option, "rdma.tls = " + tls, st);
  }
  set_defaults(*config, max_eager_size);
  ucp_params_t params{};
  params.field_mask = UCP_PARAM_FIELD_FEATURES;
  params.features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP;
  ucp_context_h handle = nullptr;
  if (auto st = ucp_init(&params, config.get(), &handle); st != UCS_OK)
    return make_error(st == UCS_ERR_NO_DEVICE ? errc::no_usable_lane
                                              : errc::transport_failure,
                      "cannot start UCX", st);
  return context{handle};
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
    printed([this](FILE* to) { ucp_context_print_info(handle_, to); })};
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
