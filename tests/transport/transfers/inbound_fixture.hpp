// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/transport/links/fake_link.hpp"
#include "caf_rdma/transport/transfers/inbound.hpp"

namespace rdma::test {

/// A table of grants without UCX: everything comes eagerly.
struct inbound_fixture : owner_fixture {
  /// Installs a sink for the target.
  void grant(transfer_key key = {}) {
    grants.install(sink{secret, describe(target), target.size(), key, owner});
  }

  /// Installs a sink of a readable operation.
  void grant_readable() {
    grants.install(sink{secret, {}, target.size(), {}, owner});
  }

  offer header(uint64_t offset, uint32_t length) const {
    return {secret, offset, length, chunk_size, target.size()};
  }

  /// Offers a chunk of bytes with the value `fill`.
  void take(const offer& x, std::byte fill, uint64_t transfer = 77,
            size_t extra = 0) {
    std::vector<std::byte> bytes(x.length + extra, fill);
    grants.take(from, frame{from.id(), transfer, x}, bytes.size(),
                [&bytes](auto write) {
                  write(std::span<const std::byte>{bytes});
                });
    settle();
  }

  /// Asks for the memory of a readable operation.
  void ask(uint64_t total, uint64_t transfer = 77) {
    frame x{from.id(), transfer, claim{secret, {5, 6}, total}};
    grants.claimed(from, x);
    settle();
  }

  /// The code of the only verdict that a peer may wait for; `none` if there is
  /// no verdict, or COMPLETE.
  errc refusal() {
    auto xs = grants.take_verdicts();
    if (xs.empty())
      return errc::none;
    REQUIRE(xs.size() == 1);
    CHECK(xs[0].link_id == from.id());
    return std::get<transfer_ended>(xs[0].content).code;
  }

  /// Lets the owners hear what there is to hear.
  void settle() {
    grants.tell(1000);
    owner_fixture::settle();
  }

  bool untouched() const {
    return target == std::vector<std::byte>(target.size());
  }

  static constexpr uint32_t chunk_size = 4;

  transport_options options;
  owner_table routes;
  std::vector<std::byte> target = std::vector<std::byte>(10);
  token secret{1, 2};
  fake_link from{11};
  inbound grants{options, routes, [](link_id) {}};
};

} // namespace rdma::test
