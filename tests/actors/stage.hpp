// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/actors/connectors/connector_state.hpp"
#include "caf_rdma/actors/detail/handle_proxy.hpp"
#include "caf_rdma/tests/actors/pending.hpp"
#include "caf_rdma/tests/actors/scripted_transport.hpp"
#include "caf_rdma/tests/transport/loop/loop_fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rdma_test {

/// Connector, peers and operations on a loop that only the test moves, over a
/// scripted transport.
struct stage : rdma::test::manual_loop {
  explicit stage(rdma::runtime_options opts = {});

  /// With GPUs.
  explicit stage(rdma::memory_space_ptr space, rdma::runtime_options opts = {});

  ~stage();

  // -- time ------------------------------------------------------------------

  /// Runs the loop until nothing is left to do.
  void settle();

  /// Moves the clock, then settles.
  void advance(caf::timespan delay);

  // -- requests --------------------------------------------------------------

  template <class T, class Handle, class... Ts>
  pending<T> request(const Handle& to, Ts&&... xs) {
    pending<T> result{sys, to, std::forward<Ts>(xs)...};
    settle();
    return result;
  }

  /// Makes an operation, or returns why the connector refuses.
  template <class... Ts>
  caf::expected<rdma::operation> try_begin(Ts&&... xs) {
    return request<rdma::operation>(connector, std::forward<Ts>(xs)...).get();
  }

  template <class... Ts>
  rdma::operation begin(Ts&&... xs) {
    auto x = try_begin(std::forward<Ts>(xs)...);
    if (!x)
      FAIL("no operation: " << to_string(x.error()));
    return std::move(*x);
  }

  /// Code that the connector refuses with; `none` if it does not.
  template <class... Ts>
  rdma::errc refusal(Ts&&... xs) {
    auto x = try_begin(std::forward<Ts>(xs)...);
    return x ? rdma::errc::none : rdma::code_of(x.error());
  }

  rdma::operation writable(rdma::operation_options opts = {});

  rdma::operation readable(rdma::operation_options opts = {});

  rdma::operation write(rdma::operation_options opts = {});

  rdma::operation read(rdma::operation_options opts = {});

  rdma::report status(const rdma::operation& x);

  pending<rdma::report> wait(const rdma::operation& x);

  pending<rdma::report> cancel(const rdma::operation& x, std::string why);

  /// Tells the connector itself to end, as the runtime does; the result has a
  /// message once that is done.
  std::unique_ptr<caf::scoped_actor> shut_down();

  // -- events from the transport ---------------------------------------------

  template <class Event>
  void tell(const rdma::transfer_owner& to, Event x) {
    caf::anon_send(to, std::move(x));
    settle();
  }

  /// The peer's transfer `key_of_peer` claims the only sink.
  void claim();

  /// A frame from the peer about a transfer.
  template <class Content>
  void frame_to(const rdma::transfer_owner& to, const rdma::transfer_key& key,
                Content x) {
    tell(to, rdma::frame{key.link, key.transfer, std::move(x)});
  }

  /// The contents of the frames that were sent, of one kind.
  template <class Content>
  std::vector<Content> sent() const {
    std::vector<Content> result;
    for (auto& x : lane->frames)
      if (auto* content = std::get_if<Content>(&x.content))
        result.push_back(*content);
    return result;
  }

  // -- memory ----------------------------------------------------------------

  /// Describes the buffer, owned by `owner`.
  rdma::descriptor_list local() const;

  /// Metadata of a passive operation of the same size elsewhere.
  rdma::metadata remote(rdma::operation_kind kind) const;

  std::shared_ptr<script> lane = std::make_shared<script>();
  std::vector<std::byte> buffer = std::vector<std::byte>(100);
  std::shared_ptr<int> owner = std::make_shared<int>();
  rdma::transport_actor transport;
  rdma::connector_impl connector_itself;
  rdma::connector_actor connector; // what users hold
  size_t actors_at_rest = 0;       // transport and connector
};

/// A transfer that a peer has chosen.
inline constexpr rdma::transfer_key key_of_peer{11, 77};

/// What a destination says in the end.
inline rdma::transfer_ended ended(rdma::status status,
                                  rdma::errc code = rdma::errc::none,
                                  std::string reason = {}) {
  return {status, code, std::move(reason),
          status == rdma::status::complete ? uint64_t{100} : 0};
}

/// What a peer says that wants to read the 100 bytes of a readable operation.
rdma::claim reader_claim(const rdma::token& secret);

} // namespace rdma_test
