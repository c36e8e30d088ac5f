// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <ucp/api/ucp_def.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rdma::ucx {

/// What UCX is told: its own defaults, what its users have set, and above both
/// what this library relies on.
class settings {
public:
  /// Reads the environment. Fails with `invalid_option` for `tls`, or with
  /// `transport_failure`. See `context::make` for the arguments.
  static caf::expected<settings> read(const std::string& tls,
                                      uint64_t max_eager_size);

  const ucp_config_t* get() const noexcept {
    return config_.get();
  }

  /// What of the environment is not used, e.g., "UCX_PROTO_ENABLE=y".
  const std::vector<std::string>& overruled() const noexcept {
    return overruled_;
  }

private:
  struct deleter {
    void operator()(ucp_config_t* ptr) const noexcept;
  };

  explicit settings(ucp_config_t* config) : config_(config) {
    // nop
  }

  /// True if neither the environment nor a file has chosen transports.
  bool uses_all_transports() const;

  /// A release that lacks the option does not need it.
  void rely_on(const std::string& option, const std::string& value);

  void rely_on_tcp(const std::string& option, const std::string& value);

  void note(const std::string& option, const std::string& value);

  std::unique_ptr<ucp_config_t, deleter> config_;
  std::vector<std::string> overruled_;
};

/// Lists what the environment says to UCX, e.g., "UCX_TLS=tcp,
/// UCX_LOG_LEVEL=info".
std::string settings_of_user();

} // namespace rdma::ucx
