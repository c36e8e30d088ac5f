// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "member.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/sec.hpp>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kv_cluster {

/// Sends requests to the JSON gateway of an etcd server, and looks at the
/// outside of the answers.
class etcd_gateway {
public:
  /// `url` is only for what errors say.
  etcd_gateway(std::string url, const address& place);

  /// Fails with `caf::sec::no_such_key` if the server says that something is
  /// not there, and otherwise with `caf::sec::runtime_error`.
  caf::expected<nlohmann::json> post(const std::string& path,
                                     const nlohmann::json& body);

  caf::error failure(const std::string& what,
                     caf::sec code = caf::sec::runtime_error) const;

  caf::error misshapen() const;

private:
  httplib::Result send(const httplib::Request& request);

  /// Takes an answer out of its wrapping.
  caf::expected<nlohmann::json> unwrap(int status,
                                       const std::string& text) const;

  std::string url_;
  httplib::Client client_;
};

} // namespace kv_cluster
