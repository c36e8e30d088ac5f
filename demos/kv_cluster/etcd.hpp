// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kv_cluster {

class etcd_gateway;

/// A key and its value. Both may hold any bytes.
using etcd_entry = std::pair<std::string, std::string>;

/// Talks to an etcd server through the JSON gateway of its v3 API (source:
/// https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).
///
/// Calls block, see `patience`. Use one object from one thread. Errors name the
/// server; after one, the same call may be tried again. They are
/// `caf::sec::runtime_error`, or `caf::sec::no_such_key` if a lease has ended
/// while it was used.
///
/// The server must be one to trust: httplib 0.11 overflows its stack if a
/// status line has tens of kilobytes.
class etcd {
public:
  // -- limits -----------------------------------------------------------------

  /// How long what was announced stays after the last `announce`.
  static constexpr std::chrono::seconds lease{5};

  /// For a connection, and then for each part of an answer.
  static constexpr std::chrono::seconds timeout{2};

  /// For a request and all of its answer. (Only a name server that hangs can
  /// add to it.) A call makes up to three requests, but none after one that
  /// failed.
  static constexpr std::chrono::seconds patience{3};

  /// Of a key and its value together, and of a prefix, in bytes. A server
  /// takes 1.5 MiB, unless it is told otherwise.
  static constexpr size_t max_entry = size_t{1} << 20;

  /// Of an answer, in bytes.
  static constexpr size_t max_answer = size_t{16} << 20;

  // -- construction -----------------------------------------------------------

  /// `url` is "http://HOST:PORT", where HOST is a name or an IPv4 address.
  /// Fails if it is nothing of the kind; does not connect yet.
  static caf::expected<etcd> open(const std::string& url);

  etcd(etcd&& other) noexcept;

  etcd& operator=(etcd&& other) noexcept;

  /// Leaves what was announced to its lease.
  ~etcd();

  // -- operations -------------------------------------------------------------

  /// Keeps `value` under `key` for `lease`, and with it all that this object
  /// has announced before. If the server has forgotten the lease (it has
  /// expired, or the server has lost its data), only this key is there again.
  /// What somebody else has removed stays away until the value changes.
  caf::error announce(const std::string& key, const std::string& value);

  /// All whose keys start with `prefix`, by whomever they were put.
  caf::expected<std::vector<etcd_entry>> list(const std::string& prefix);

  /// Removes what was announced at once.
  caf::error withdraw();

private:
  explicit etcd(std::unique_ptr<etcd_gateway> server);

  /// Forgets the lease if the server has.
  caf::error keep_alive();

  caf::error grant();

  caf::error put(const std::string& key, const std::string& value);

  void forget();

  std::unique_ptr<etcd_gateway> gateway_;
  int64_t lease_ = 0;                            // none
  std::map<std::string, std::string> announced_; // under this lease
};

} // namespace kv_cluster
