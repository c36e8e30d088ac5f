// SPDX-License-Identifier: BSD-3-Clause

// A peer that refuses a link, or never quite makes one: the operation ends with
// the reason.

#include "caf_rdma/tests/actors/hostile_peers/raw_peer.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

runtime_options impatient_options() {
  auto x = patient_options("alice");
  x.transport.connect_timeout = std::chrono::milliseconds{300};
  return x;
}

/// Alice writes to Bob, who is no runtime and answers as the test wants.
struct refusal_fixture {
  explicit refusal_fixture(runtime_options options = patient_options("alice"))
    : alice{std::move(options)} {
    metadata target{bob.introduction().worker,
                    make_token(),
                    operation_kind::writable,
                    {{100, cpu}}};
    write = alice.begin(begin_write_atom_v, describe(memory), target);
  }

  /// Waits for the n-th frame of type T.
  template <class T>
  T await(size_t n = 1) {
    std::vector<T> result;
    REQUIRE(bob.eventually([&] {
      result.clear();
      for (auto& x : bob.frames())
        if (auto* y = std::get_if<T>(&x.content))
          result.push_back(*y);
      return result.size() >= n;
    }));
    return result[n - 1];
  }

  /// Says something about the link that `opening` opens.
  template <class T>
  void answer(const hello& opening, T content) {
    bob.send(frame{opening.link_id, 0, std::move(content)},
             UCP_AM_SEND_FLAG_EAGER);
  }

  /// Accepts the link over an endpoint that UCX pairs with the peer's.
  void accept(const hello& opening) {
    while (endpoints < opening.endpoint_count) {
      bob.connect_again();
      ++endpoints;
    }
    auto self = bob.introduction();
    self.endpoint_count = opening.endpoint_count;
    answer(opening, hello_ack{self});
  }

  /// Waits for the end of the write; its reason names Bob.
  caf::error await_end() {
    auto end = alice.wait(write);
    REQUIRE_FALSE(end);
    CHECK(reason_of(end.error()).find("raw") != std::string::npos);
    return end.error();
  }

  node alice;
  std::vector<std::byte> memory = std::vector<std::byte>(100);
  operation own = alice.begin(create_writable_atom_v, describe(memory));
  raw_peer bob{alice.describe(own).worker};
  uint32_t endpoints = 1;
  operation write;
};

} // namespace

TEST_CASE("a refused link ends the operation with the peer's code") {
  auto [code, word]
    = GENERATE(std::pair{errc::unsupported_version, "protocol version"},
               std::pair{errc::stale_metadata, "another life"},
               std::pair{errc::limit_reached, "rdma.max-peers"});
  refusal_fixture x;
  x.answer(x.await<hello>(), hello_refused{code, 1});
  CHECK(x.bob.flush());
  auto end = x.await_end();
  CHECK(code_of(end) == code);
  auto reason = reason_of(end);
  CAPTURE(reason);
  CHECK(reason.find(word) != std::string::npos);
}

TEST_CASE("a peer that never says how UCX has paired is unreachable") {
  refusal_fixture x{impatient_options()};
  auto opening = x.await<hello>();
  SECTION("after it has accepted the link") {
    x.accept(opening);
    x.await<pairing>();
  }
  SECTION("after it has accepted another attempt") {
    auto self = x.bob.introduction();
    self.endpoint_count = opening.endpoint_count + 1;
    x.answer(opening, hello_ack{self});
    x.answer(opening, pairing{});
  }
  SECTION("before it has accepted the link") {
    x.answer(opening, pairing{});
  }
  CHECK(x.bob.flush());
  CHECK(code_of(x.await_end()) == errc::peer_unreachable);
}

TEST_CASE("a pairing over another endpoint is a reason to try again") {
  refusal_fixture x;
  for (uint32_t i = 1; i <= 3; ++i) {
    CAPTURE(i);
    auto opening = x.await<hello>(i);
    CHECK(opening.endpoint_count == i);
    x.accept(opening);
    x.await<pairing>(i);
    x.answer(opening, pairing{}); // over no endpoint
  }
  CHECK(x.bob.flush());
  CHECK(code_of(x.await_end()) == errc::peer_unreachable);
}

TEST_CASE("a goodbye before the link is up") {
  auto [code, attempts] = GENERATE(std::pair{errc::link_reset, 3u},
                                   std::pair{errc::shutting_down, 1u});
  refusal_fixture x;
  for (uint32_t i = 1; i <= attempts; ++i) {
    CAPTURE(i);
    auto opening = x.await<hello>(i);
    x.accept(opening);
    x.answer(opening, goodbye{code, "no"});
  }
  CHECK(x.bob.flush());
  CHECK(code_of(x.await_end()) == errc::peer_unreachable);
}

TEST_CASE("a link that a peer opens and does not finish is closed") {
  refusal_fixture x{impatient_options()};
  raw_peer carol{x.alice.describe(x.own).worker};
  carol.say_hello(carol.introduction());
  CHECK(carol.await_code<goodbye>() == errc::peer_unreachable);
  CHECK(carol.flush());
}

TEST_CASE("a peer that goes on with a link that is over is told again") {
  auto options = test_options("alice");
  options.transport.heartbeat = std::chrono::milliseconds{50};
  options.transport.heartbeat_limit = std::chrono::milliseconds{300};
  refusal_fixture x{options};
  raw_peer carol{x.alice.describe(x.own).worker};
  carol.connect();
  auto goodbyes = [&carol] {
    return std::count_if(carol.frames().begin(), carol.frames().end(),
                         [](auto& y) {
                           return std::holds_alternative<goodbye>(y.content);
                         });
  };
  REQUIRE(carol.eventually([&] { return goodbyes() == 1; }));
  auto next = std::chrono::steady_clock::now();
  REQUIRE(carol.eventually([&] {
    if (auto now = std::chrono::steady_clock::now(); now > next) {
      carol.send(frame{carol.link(), 0, heartbeat{}}, UCP_AM_SEND_FLAG_EAGER);
      next = now + options.transport.heartbeat;
    }
    return goodbyes() == 2;
  }));
  CHECK(carol.await_code<goodbye>() == errc::peer_unresponsive);
  CHECK(carol.flush());
}
