// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/runtime.hpp"
#include "caf_rdma/tests/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

/// Longer than any step of a test may take.
inline constexpr auto patience = std::chrono::seconds{30};

/// Returns the options of a runtime, with short times.
inline rdma::runtime_options test_options(std::string worker_id) {
  rdma::runtime_options x;
  x.worker_id = std::move(worker_id);
  x.transport.lane = "ucx";
  x.transport.lane = lane();
  return x;
}

/// A worker: actor system, runtime and connector, in the order of their life.
struct node {
  explicit node(rdma::runtime_options options)
    : system(config),
      runtime(make(system, std::move(options))),
      connector(runtime.spawn_connector("test")),
      self(system) {
    // nop
  }

  explicit node(std::string worker_id)
    : node(test_options(std::move(worker_id))) {
    // nop
  }

  static rdma::runtime make(caf::actor_system& sys,
                            rdma::runtime_options options) {
    auto x = rdma::runtime::make(sys, std::move(options));
    if (!x)
      FAIL("cannot start: " << to_string(x.error()));
    return std::move(*x);
  }

  // -- requests that must be answered ----------------------------------------

  /// Sends a request and returns the answer.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& to, Ts&&... xs) {
    caf::expected<T> result{caf::error{}};
    self->request(to, patience, std::forward<Ts>(xs)...)
      .receive([&](T& x) { result = std::move(x); },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  /// Makes an operation; fails the test if the connector refuses.
  template <class... Ts>
  rdma::operation begin(Ts&&... xs) {
    auto x = ask<rdma::operation>(connector, std::forward<Ts>(xs)...);
    if (!x)
      FAIL("no operation: " << to_string(x.error()));
    return *x;
  }

  rdma::metadata describe(const rdma::operation& x) {
    auto result = ask<rdma::metadata>(x.actor(), rdma::metadata_atom_v);
    if (!result)
      FAIL("no metadata: " << to_string(result.error()));
    return *result;
  }

  caf::expected<rdma::report> wait(const rdma::operation& x) {
    return ask<rdma::report>(x.actor(), rdma::wait_atom_v);
  }

  rdma::report status(const rdma::operation& x) {
    return *ask<rdma::report>(x.actor(), rdma::status_atom_v);
  }

  rdma::report cancel(const rdma::operation& x, std::string why) {
    return *ask<rdma::report>(x.actor(), rdma::cancel_atom_v, std::move(why));
  }

  rdma::config config;
  caf::actor_system system;
  rdma::runtime runtime;
  rdma::connector_actor connector;
  caf::scoped_actor self;
};

/// Bytes that depend on the seed and on their place.
inline std::vector<std::byte> pattern(size_t size, uint64_t seed) {
  std::vector<std::byte> xs(size);
  auto x = seed * 0x9E3779B97F4A7C15u + 1;
  for (auto& b : xs) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    b = static_cast<std::byte>(x);
  }
  return xs;
}

inline rdma::descriptor_list describe(std::vector<std::byte>& xs) {
  return {rdma::descriptor{std::span{xs}}};
}

} // namespace rdma_test
