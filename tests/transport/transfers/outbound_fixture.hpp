// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/transport/links/fake_link.hpp"
#include "caf_rdma/transport/transfers/outbound.hpp"

namespace rdma::test {

inline constexpr uint64_t kib = 1024;

/// Transfers on their way out, to peers that let go when the test says so.
struct outbound_fixture : owner_fixture {
  outbound_fixture() {
    options.chunk_size = 4 * kib;
    options.window = 3;
  }

  /// Offers `size` bytes that nobody looks at.
  void start(uint64_t size) {
    void* nowhere = this;
    out = std::make_unique<outbound>(options);
    out->start(source{key, {3, 4}, descriptor_list{{nowhere, size}}, owner, {}},
               via, known);
  }

  /// Offers more to some peer.
  void start(fake_link& to, uint64_t transfer, uint64_t size,
             priority prio = priority::normal) {
    void* nowhere = this;
    source x{
      {to.id(), transfer}, {3, 4}, descriptor_list{{nowhere, size}}, owner, {}};
    x.priority = prio;
    out->start(std::move(x), to, known);
  }

  /// Lets go of one chunk of each peer.
  void round(std::initializer_list<fake_link*> links) {
    for (auto* x : links)
      if (!x->in_flight.empty())
        x->let_go(UCS_OK);
    out->pump();
  }

  /// Lets the owners hear what there is to hear.
  void settle() {
    out->tell(1000);
    owner_fixture::settle();
  }

  /// Lets go of everything, round by round.
  void drain() {
    for (auto n = 0; !via.in_flight.empty() || out->ready(); ++n) {
      REQUIRE(n < 100'000);
      if (!via.in_flight.empty())
        via.let_go(UCS_OK);
      out->pump();
      settle();
    }
    settle();
  }

  transport_options options;
  fake_link via{11};
  transfer_key key{11, 77};
  bool known = false;
  std::unique_ptr<outbound> out;
};

/// Checks that the offers cover `total` bytes, each once, in order.
inline void check_cover(const std::vector<offer>& xs, uint64_t total) {
  uint64_t next = 0;
  for (auto& x : xs) {
    REQUIRE(x.offset == next);
    REQUIRE(x.length == std::min<uint64_t>(x.chunk_size, total - next));
    REQUIRE(x.total == total);
    REQUIRE(x.secret == token{3, 4});
    next += x.length;
  }
  REQUIRE(next == total);
}

} // namespace rdma::test
