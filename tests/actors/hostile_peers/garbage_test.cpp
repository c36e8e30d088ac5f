// SPDX-License-Identifier: BSD-3-Clause

// Garbage from the wire and from the application: the runtime stays up, nothing
// is written, and good metadata of the same worker works right after.

#include "caf_rdma/tests/actors/hostile_peers/raw_peer.hpp"
#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <random>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr size_t size = size_t{256} << 10;

constexpr uint32_t eager = UCP_AM_SEND_FLAG_EAGER;

constexpr uint32_t rendezvous = UCP_AM_SEND_FLAG_RNDV;

constexpr token forged{0xBAD, 0xBAD};

/// Somebody to bother, with an operation that must not suffer.
struct victim {
  void check_untouched() {
    CHECK((target == std::vector<std::byte>(size)));
    CHECK(bob.status(writable).status == status::initialized);
  }

  /// The good metadata still works.
  void check_usable() {
    check_untouched();
    node alice{"alice"};
    auto source = pattern(size, 1);
    auto write = alice.begin(begin_write_atom_v, rdma_test::describe(source),
                             good);
    CHECK(alice.wait(write));
    CHECK(bob.wait(writable));
    CHECK((target == source));
  }

  node bob{patient_options("bob")};
  std::vector<std::byte> target = std::vector<std::byte>(size);
  operation writable = bob.begin(create_writable_atom_v,
                                 rdma_test::describe(target));
  metadata good = bob.describe(writable);
};

/// Frames of each kind; their hellos carry the address of a living worker,
/// because a forged address with a fitting seal is a stated limitation.
std::vector<frame> good_frames(const raw_peer& from) {
  auto result = rdma::test::sample_frames();
  for (auto& x : result)
    if (auto* y = std::get_if<hello>(&x.content))
      *y = from.introduction();
    else if (auto* z = std::get_if<hello_ack>(&x.content))
      z->self = from.introduction();
  return result;
}

offer whole(const token& secret) {
  return {secret, 0, size, size, size};
}

} // namespace

TEST_CASE("a runtime survives messages that are no frames") {
  victim x;
  raw_peer peer{x.good.worker};
  std::minstd_rand rng{1};
  peer.send(std::span<const std::byte>{}, eager);
  peer.send(std::span<const std::byte>{}, rendezvous, pattern(size, 2));
  for (auto i = 0; i < 200; ++i) {
    auto flags = i % 2 == 0 ? eager : rendezvous;
    auto data = i % 4 < 2 ? size_t{0} : size_t{64} << 10;
    peer.send(pattern(rng() % 4000, rng()), flags, pattern(data, 3));
  }
  for (auto& good : good_frames(peer)) {
    auto bytes = to_bytes(good);
    for (size_t n = 0; n < bytes.size(); n += 5)
      peer.send(std::span{bytes}.first(n), eager);
  }
  CHECK(peer.flush());
  x.check_usable();
}

TEST_CASE("a runtime survives damaged frames") {
  victim x;
  raw_peer peer{x.good.worker};
  auto frames = good_frames(peer);
  frames.erase(frames.begin()); // undamaged where the seal does not reach
  auto with_link = GENERATE(false, true);
  if (with_link)
    peer.connect();
  std::minstd_rand rng{2};
  for (auto i = 0; i < 1000; ++i) {
    auto y = frames[rng() % frames.size()];
    y.link_id = with_link ? peer.link() : rng();
    auto bytes = to_bytes(y);
    rdma::test::mutate(std::span{bytes}, rng);
    peer.send(bytes, eager, pattern(rng() % 100, 4));
  }
  CHECK(peer.flush());
  x.check_usable();
}

TEST_CASE("a hello with a damaged seal is not answered") {
  victim x;
  raw_peer peer{x.good.worker};
  auto bytes = to_bytes(frame{0, 0, peer.introduction()});
  for (size_t i = 48; i < bytes.size() - 8; i += 7) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{1};
    peer.send(damaged, UCP_AM_SEND_FLAG_EAGER | UCP_AM_SEND_FLAG_REPLY);
  }
  CHECK(peer.flush());
  x.check_usable();
  CHECK(peer.frames().empty());
}

TEST_CASE("an offer on a link that does not exist is dropped, even with the "
          "right token") {
  victim x;
  raw_peer peer{x.good.worker};
  for (uint64_t id : {uint64_t{0}, uint64_t{1}, make_random_id()}) {
    peer.send(frame{id, 7, whole(x.good.secret)}, eager, pattern(size, 5));
    peer.send(frame{id, 7, whole(x.good.secret)}, rendezvous, pattern(size, 5));
  }
  CHECK(peer.flush());
  x.check_usable();
}

TEST_CASE("an offer for a forged token is refused on a good link") {
  victim x;
  raw_peer peer{x.good.worker};
  peer.connect();
  auto flags = GENERATE(eager, rendezvous);
  peer.send(frame{peer.link(), 7, whole(forged)}, flags, pattern(size, 6));
  CHECK(peer.await_code<transfer_ended>() == errc::unknown_operation);
  CHECK(peer.flush());
  x.check_usable();
}

// -- metadata ----------------------------------------------------------------

TEST_CASE("damaged metadata never becomes an operation") {
  victim x;
  auto bytes = to_bytes(x.good);
  auto refused = [](std::span<const std::byte> xs) {
    auto y = metadata_from_bytes(xs);
    return !y && code_of(y.error()) == errc::malformed_metadata;
  };
  for (size_t n = 0; n < bytes.size(); ++n)
    CHECK(refused(std::span{bytes}.first(n)));
  for (size_t i = 0; i < 8 * bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i / 8] ^= static_cast<std::byte>(1u << (i % 8));
    CHECK(refused(damaged));
  }
  auto oversized = bytes;
  oversized.resize(max_metadata_size + 1);
  CHECK(refused(oversized));
  x.check_usable();
}

TEST_CASE("metadata outside its ranges is refused by the connector") {
  victim x;
  auto bad = x.good;
  SECTION("no worker id") {
    bad.worker.id.clear();
  }
  SECTION("a long worker id") {
    bad.worker.id.resize(256, 'x');
  }
  SECTION("no incarnation") {
    bad.worker.incarnation = 0;
  }
  SECTION("no address") {
    bad.worker.address.clear();
  }
  SECTION("a long address") {
    bad.worker.address.resize(4097);
  }
  SECTION("an unknown kind") {
    bad.kind = static_cast<operation_kind>(7);
  }
  SECTION("an empty descriptor") {
    bad.descriptors[0].size = 0;
  }
  node carol{"carol"};
  auto memory = pattern(size, 7);
  auto write = carol.ask<operation>(carol.connector, begin_write_atom_v,
                                    rdma_test::describe(memory), bad);
  REQUIRE_FALSE(write);
  CHECK(code_of(write.error()) == errc::malformed_metadata);
  auto read = carol.ask<operation>(carol.connector, begin_read_atom_v, bad,
                                   rdma_test::describe(memory));
  REQUIRE_FALSE(read);
  CHECK(code_of(read.error()) == errc::malformed_metadata);
  x.check_usable();
}
