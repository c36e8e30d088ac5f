// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/transport/ucx/settings.hpp"

#include "caf_rdma/messages/wire/frame.hpp"
#include "caf_rdma/transport/ucx/make_error.hpp"
#include "caf_rdma/transport/ucx/print_to_string.hpp"

#include <ucp/api/ucp.h>

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace rdma::ucx {

void settings::deleter::operator()(ucp_config_t* ptr) const noexcept {
  ucp_config_release(ptr);
}

caf::expected<settings> settings::read(const std::string& tls,
                                       uint64_t max_eager_size) {
  ucp_config_t* raw = nullptr;
  if (auto st = ucp_config_read(nullptr, nullptr, &raw); st != UCS_OK)
    return make_error(errc::transport_failure, "cannot read UCX_* settings",
                      st);
  settings result{raw};
  if (!tls.empty()) {
    auto st = ucp_config_modify(raw, "TLS", tls.c_str());
    if (st != UCS_OK)
      return make_error(errc::invalid_option, "rdma.tls = " + tls, st);
  } else if (result.uses_all_transports()) {
    // Shared memory has no lane that survives the death of a peer, but takes
    // 4 MiB of /dev/shm for each worker, which does not start without.
    ucp_config_modify(raw, "TLS", "^sm");
  }
  // UCX 1.13 smashes the stack (below `ucx_link::ask_pairing`).
  if (UCP_API_MINOR <= 13)
    result.rely_on("PROTO_ENABLE", "n");
  // Otherwise UCX makes its own connection request for each new endpoint at
  // once, too early for `link_table`.
  result.rely_on("RESOLVE_REMOTE_EP_ID", "n");
  // Every message says itself how it goes, but one that is to leave within the
  // call (`ucx_link::try_hello`) never does if it is larger than this.
  result.rely_on("RNDV_THRESH", "auto");
  // Otherwise an endpoint has no ID that a rendezvous could name.
  result.rely_on("PROTO_INDIRECT_ID", "auto");
  // Otherwise both sides must have the same devices, and this setting.
  result.rely_on("UNIFIED_MODE", "n");
  // Otherwise UCX's TCP uses memory that is not its own any more if an endpoint
  // is closed by force while eager data waits in it, and its peer, which was
  // only stopped, reads on. UCX counts the header, too; it copies rendezvous
  // below this size as well, which is slow.
  result.rely_on("ZCOPY_THRESH",
                 std::to_string(max_eager_size + max_frame_size));
  // Otherwise UCX waits for hosts that do not answer, and the loop with it; and
  // UCX 1.13 aborts (tcp_ep.c:478) if a host resets the connection too soon.
  result.rely_on_tcp("CONN_NB", "y");
  // Otherwise what the outbox has gathered goes out in pieces of 8 KiB.
  result.rely_on_tcp("TX_SEG_SIZE", "64K");
  // A peer aborts that receives more at once than its own segment takes, and
  // what is fetched is sent in segments of this size.
  result.rely_on_tcp("RX_SEG_SIZE", "64K");
  // With 1 no hello leaves, and with 100 UCX aborts.
  result.rely_on_tcp("MAX_IOV", "6");
  // With 0 nothing is received.
  result.rely_on_tcp("MAX_POLL", "16");
  return result;
}

bool settings::uses_all_transports() const {
  if (std::getenv("UCX_TLS") != nullptr)
    return false;
  auto text = print_to_string([this](FILE* to) {
    ucp_config_print(config_.get(), to, nullptr, UCS_CONFIG_PRINT_CONFIG);
  });
  return text.find("UCX_TLS=all\n") != std::string::npos;
}

void settings::rely_on(const std::string& option, const std::string& value) {
  if (ucp_config_modify(config_.get(), option.c_str(), value.c_str()) == UCS_OK)
    note(option, value);
}

// Releases from 1.17 on want the option's name with its prefix.
void settings::rely_on_tcp(const std::string& option,
                           const std::string& value) {
  auto name = UCP_API_MINOR >= 17 ? "TCP_" + option : option;
  if (ucp_config_modify(config_.get(), name.c_str(), value.c_str()) == UCS_OK)
    note("TCP_" + option, value);
}

void settings::note(const std::string& option, const std::string& value) {
  auto name = "UCX_" + option;
  if (auto* wish = std::getenv(name.c_str()); wish != nullptr && wish != value)
    overruled_.push_back(name + '=' + wish);
}

std::string settings_of_user() {
  std::string result;
  for (auto** x = environ; *x != nullptr; ++x)
    if (std::string_view entry{*x}; entry.starts_with("UCX_"))
      result.append(result.empty() ? "" : ", ").append(entry);
  return result;
}

} // namespace rdma::ucx
