// SPDX-License-Identifier: BSD-3-Clause

// A linked peer whose frames are well formed and not true.

#include "caf_rdma/messages/claim_report.hpp"
#include "caf_rdma/tests/actors/hostile_peers/raw_peer.hpp"
#include "caf_rdma/tests/actors/node.hpp"

#include <caf/actor_cast.hpp>

#include <catch2/generators/catch_generators.hpp>

#include <optional>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr size_t size = size_t{1} << 20;

constexpr transfer_id chosen = 77;

/// Owns memory that a standing grant is for, and a peer who may use it.
struct scene {
  explicit scene(bool writable) {
    operation_options opts;
    opts.grant.claims = any_number_of_claims;
    opts.grant.blocks = true;
    opts.listener = caf::actor_cast<caf::actor>(log);
    auto list = rdma_test::describe(memory);
    grant = writable ? bob.begin(create_writable_atom_v, list, opts)
                     : bob.begin(create_readable_atom_v, list, opts);
    given = bob.describe(grant);
    peer.emplace(given.worker);
    peer->connect();
  }

  template <class Content>
  void say(Content x, std::vector<std::byte> data = {}) {
    peer->send(frame{peer->link(), chosen, std::move(x)},
               UCP_AM_SEND_FLAG_EAGER, std::move(data));
  }

  claim all() const {
    claim result;
    result.secret = given.secret;
    result.total = size;
    return result;
  }

  /// The next word on a claim, while the peer's messages leave.
  claim_report next() {
    REQUIRE(peer->eventually([this] { return log->has_next_message(); }));
    claim_report result;
    log->receive([&](claim_report& x) { result = std::move(x); });
    return result;
  }

  node bob{patient_options("bob")};
  std::vector<std::byte> memory = std::vector<std::byte>(size);
  caf::scoped_actor log{bob.system};
  operation grant;
  metadata given;
  std::optional<raw_peer> peer; // goes before its link's other side
};

} // namespace

TEST_CASE("a writer that says COMPLETE instead of writing is not believed") {
  auto sent = GENERATE(0u, 1u);
  auto claims_first = GENERATE(true, false);
  if (sent == 0 && !claims_first)
    return; // it would say nothing at all
  scene x{true};
  auto what = x.all();
  if (claims_first) {
    what.notification = "all blocks are in place";
    x.say(what);
  }
  if (sent > 0)
    x.say(offer{x.given.secret, 0, 4096, 4096, size}, pattern(4096, 1));
  x.say(transfer_ended{status::complete, errc::none, {}, size});
  auto end = x.next();
  CHECK(end.status == status::errored);
  CHECK(code_of(end.reason) == errc::protocol_violation);
  CHECK(end.peer == "raw");
  CHECK(end.bytes <= 4096);
  CHECK_FALSE(end.notification);
  // The grant serves on.
  node alice{"alice"};
  auto source = pattern(size, 2);
  auto write = alice.begin(begin_write_atom_v, rdma_test::describe(source),
                           x.given);
  CHECK(alice.wait(write));
  CHECK(x.memory == source);
}

TEST_CASE("a reader that says COMPLETE before it was offered all is not "
          "believed") {
  scene x{false};
  auto what = x.all();
  what.reply_secret = {5, 6};
  what.blocks = {{0, 1, 0, size, size}};
  what.more_blocks = 1; // which never come
  x.say(what);
  x.say(transfer_ended{status::complete, errc::none, {}, 123456789012345});
  auto end = x.next();
  CHECK(end.status == status::errored);
  CHECK(code_of(end.reason) == errc::protocol_violation);
  CHECK(end.peer == "raw");
  CHECK(end.bytes <= size);
}

TEST_CASE("a claim that says no more cannot keep a grant from ending") {
  auto writable = GENERATE(true, false);
  scene x{writable};
  auto what = x.all();
  if (!writable)
    what.reply_secret = {5, 6};
  what.blocks = {{0, 1, 0, size / 2, size}};
  what.more_blocks = 1; // which never come
  x.say(what);
  x.say(heartbeat{}); // means nothing about a transfer
  REQUIRE(x.peer->flush());
  CHECK(x.bob.cancel(x.grant, "enough").status == status::cancelled);
  CHECK(code_of(x.next().reason) != errc::none);
}
