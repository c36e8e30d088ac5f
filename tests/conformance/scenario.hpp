// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/tests/conformance/lane_stage.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace rdma_conformance {

/// Memory of operations: some blocks of random content, for sources, or of
/// zeros, for destinations. A copy has blocks of its own; operations keep the
/// blocks that they use.
class memory {
public:
  static constexpr std::byte poison{0xDD};

  /// Where the memory of the scenario is that runs.
  static inline placement where;

  explicit memory(const std::vector<size_t>& sizes, uint64_t seed = 0);

  explicit memory(size_t size, uint64_t seed = 0)
    : memory(std::vector{size}, seed) {
    // nop
  }

  memory(const memory& other);

  memory& operator=(const memory&) = delete;

  rdma::descriptor_list describe() const;

  /// What is in a block.
  std::span<std::byte> view(size_t block = 0) const {
    return blocks_[block].view;
  }

  /// Overwrites everything: the user has it back.
  void reclaim();

  bool reclaimed() const;

  friend bool operator==(const memory& x, const memory& y);

private:
  struct block {
    std::byte* address;
    std::span<std::byte> view;
    rdma::device where;
    std::shared_ptr<const void> owner;
  };

  /// Adds a block of zeros.
  block& add(size_t size, rdma::device where);

  std::vector<block> blocks_;
};

/// One run of a scenario on one lane: alice is active, bob is passive.
class scenario {
public:
  explicit scenario(const lane_under_test& x) : name(x.name), stage(x.make()) {
    memory::where = x.where;
  }

  ~scenario() {
    memory::where = {};
    gpus()->heal();
    gpus()->let_go();
  }

  /// What `report::lane` must say of a side with its memory there.
  std::string lane(rdma::device where) const {
    return stage->lane() + (where == rdma::cpu ? "" : "/staged");
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

  rdma::prepared_operation prepare_write(memory& from,
                                         const rdma::operation& to,
                                         rdma::operation_options opts = {}) {
    return *ask<rdma::prepared_operation>(stage->alice(),
                                          rdma::prepare_write_atom_v,
                                          from.describe(), metadata(to), opts);
  }

  rdma::prepared_operation prepare_read(const rdma::operation& from, memory& to,
                                        rdma::operation_options opts = {}) {
    return *ask<rdma::prepared_operation>(stage->alice(),
                                          rdma::prepare_read_atom_v,
                                          metadata(from), to.describe(), opts);
  }

  rdma::metadata metadata(const rdma::operation& x) {
    return *ask<rdma::metadata>(x.actor(), rdma::metadata_atom_v);
  }

  template <class Handle>
  rdma::report status(const Handle& x) {
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

  /// Code that a request is refused with; `none` if it is not.
  template <class T, class... Ts>
  rdma::errc refusal(const rdma::connector_actor& at, Ts&&... xs) {
    auto x = ask<T>(at, std::forward<Ts>(xs)...);
    return x ? rdma::errc::none : rdma::code_of(x.error());
  }

  template <class Handle>
  rdma::report cancel(const Handle& x, std::string why = "enough") {
    return *ask<rdma::report>(x.actor(), rdma::cancel_atom_v, std::move(why));
  }

  /// Waits until bytes move, or the operation is over.
  template <class Handle>
  void until_moving(const Handle& x) {
    for (auto at = status(x); at.bytes == 0 && !is_final(at.status);)
      at = status(x);
  }

  std::string name;
  lane_stage_ptr stage;
};

/// Options of a passive operation that serves several claims, for parts.
inline rdma::operation_options
standing(uint64_t claims = rdma::any_number_of_claims) {
  rdma::operation_options result;
  result.grant.claims = claims;
  result.grant.blocks = true;
  return result;
}

/// Listens for the claims of a passive operation.
class claim_log {
public:
  explicit claim_log(scenario& x) : scenario_(x), self_(x.stage->system()) {
    // nop
  }

  caf::actor listener() {
    return caf::actor_cast<caf::actor>(self_);
  }

  /// Returns the next report, which must come in time.
  rdma::claim_report next() {
    if (!scenario_.stage->until([this] { return self_->has_next_message(); }))
      FAIL("no claim has ended in time");
    rdma::claim_report result;
    self_->receive([&](rdma::claim_report& x) { result = std::move(x); });
    return result;
  }

  bool empty() {
    return !self_->has_next_message();
  }

private:
  scenario& scenario_;
  caf::scoped_actor self_;
};

} // namespace rdma_conformance
