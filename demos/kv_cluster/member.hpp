// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace kv_cluster {

/// Where a node listens.
struct address {
  std::string host;
  uint16_t port = 0;

  friend auto operator<=>(const address&, const address&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, address& x) {
  return f.object(x).fields(f.field("host", x.host), f.field("port", x.port));
}

/// Returns "HOST:PORT".
std::string to_string(const address& x);

/// Parses "HOST:PORT".
std::optional<address> address_from(const std::string& text);

/// A node, as it introduces itself.
struct member {
  /// Nobody else's. Also the ID of its caf-rdma worker.
  std::string name;
  /// "router", "prefill" or "decode".
  std::string role;
  /// Grows each time that the node starts.
  uint64_t life = 0;
  address place;
  /// Blocks that its pool holds.
  uint64_t slots = 0;
  /// Of a readable operation for the pool of a prefill node, as text.
  std::string metadata;
  /// A `prefill_actor` or `decode_actor`.
  caf::strong_actor_ptr service;
};

template <class Inspector>
bool inspect(Inspector& f, member& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("role", x.role),
                            f.field("life", x.life), f.field("place", x.place),
                            f.field("slots", x.slots),
                            f.field("metadata", x.metadata),
                            f.field("service", x.service));
}

/// What a member knows of its link to another.
struct link_report {
  std::string from;
  std::string to;
  bool up = false;
  caf::error reason;
};

template <class Inspector>
bool inspect(Inspector& f, link_report& x) {
  return f.object(x).fields(f.field("from", x.from), f.field("to", x.to),
                            f.field("up", x.up), f.field("reason", x.reason));
}

} // namespace kv_cluster
