// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/conformance/lane_stage.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace rdma_conformance {

/// Memory of operations: some blocks of random content. A copy has blocks of
/// its own; operations keep the blocks that they use.
class memory {
public:
  static constexpr std::byte poison{0xDD};

  explicit memory(const std::vector<size_t>& sizes, uint64_t seed = 0);

  explicit memory(size_t size, uint64_t seed = 0)
    : memory(std::vector{size}, seed) {
    // nop
  }

  memory(const memory& other);

  memory& operator=(const memory&) = delete;

  rdma::descriptor_list describe() const;

  /// Overwrites everything: the user has it back.
  void reclaim();

  bool reclaimed() const;

  friend bool operator==(const memory& x, const memory& y);

private:
  using block = std::vector<std::byte>;

  std::vector<std::shared_ptr<block>> blocks_;
};

/// One run of a scenario on one lane: alice is active, bob is passive.
class scenario {
public:
  explicit scenario(const lane_under_test& x) : name(x.name), stage(x.make()) {
    // nop
  }

  // -- requests --------------------------------------------------------------

  template <class T, class Handle, class... Ts>
  rdma_test::pending<T> request(const Handle& to, Ts&&... xs) {
    return {stage->system(), to, std::forward<Ts>(xs)...};
  }

  template <class T>
  caf::expected<T> get(rdma_test::pending<T>& x) {
    if (!stage->until([&x] { return x.answered(); }))
      FAIL("no answer in time");
    return x.get();
  }

  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& to, Ts&&... xs) {
    auto x = request<T>(to, std::forward<Ts>(xs)...);
    return get(x);
  }

  // -- operations ------------------------------------------------------------

  template <class... Ts>
  rdma::operation make(const rdma::connector_actor& at, Ts&&... xs) {
    auto x = ask<rdma::operation>(at, std::forward<Ts>(xs)...);
    if (!x)
      FAIL("refused: " << to_string(x.error()));
    return std::move(*x);
  }

  rdma::operation writable(memory& to, rdma::operation_options opts = {}) {
    return make(stage->bob(), rdma::create_writable_atom_v, to.describe(),
                opts);
  }

  rdma::operation readable(memory& from, rdma::operation_options opts = {}) {
    return make(stage->bob(), rdma::create_readable_atom_v, from.describe(),
                opts);
  }

  rdma::operation write(memory& from, const rdma::operation& to,
                        rdma::operation_options opts = {}) {
    return make(stage->alice(), rdma::begin_write_atom_v, from.describe(),
                metadata(to), opts);
  }

  rdma::operation read(const rdma::operation& from, memory& to,
                       rdma::operation_options opts = {}) {
    return make(stage->alice(), rdma::begin_read_atom_v, metadata(from),
                to.describe(), opts);
  }

  rdma::metadata metadata(const rdma::operation& x) {
    return *ask<rdma::metadata>(x.actor(), rdma::metadata_atom_v);
  }

  rdma::report status(const rdma::operation& x) {
    return *ask<rdma::report>(x.actor(), rdma::status_atom_v);
  }

  rdma_test::pending<rdma::report> waiting(const rdma::operation& x) {
    return request<rdma::report>(x.actor(), rdma::wait_atom_v);
  }

  caf::expected<rdma::report> wait(const rdma::operation& x) {
    return ask<rdma::report>(x.actor(), rdma::wait_atom_v);
  }

  /// Code that `wait` ends with; `none` for COMPLETE.
  rdma::errc end_of(const rdma::operation& x) {
    auto end = wait(x);
    return end ? rdma::errc::none : rdma::code_of(end.error());
  }

  rdma::report cancel(const rdma::operation& x, std::string why = "enough") {
    return *ask<rdma::report>(x.actor(), rdma::cancel_atom_v, std::move(why));
  }

  /// Waits until bytes move, or the operation is over.
  void until_moving(const rdma::operation& x) {
    for (auto at = status(x); at.bytes == 0 && !is_final(at.status);)
      at = status(x);
  }

  std::string name;
  lane_stage_ptr stage;
};

} // namespace rdma_conformance
