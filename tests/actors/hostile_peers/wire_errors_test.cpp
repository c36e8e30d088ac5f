// SPDX-License-Identifier: BSD-3-Clause

// Each mistake of an active side has its own error there, over the real lane,
// and leaves the passive side as it was.

#include "caf_rdma/tests/actors/hostile_peers/raw_peer.hpp"
#include "caf_rdma/tests/actors/node.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr size_t size = size_t{256} << 10;

/// A passive operation of each kind.
struct passive_side {
  metadata good(operation_kind kind) const {
    return kind == operation_kind::writable ? to_write : to_read;
  }

  node bob{patient_options("bob")};
  std::vector<std::byte> target = std::vector<std::byte>(size);
  std::vector<std::byte> source = pattern(size, 1);
  operation writable = bob.begin(create_writable_atom_v,
                                 rdma_test::describe(target));
  operation readable = bob.begin(create_readable_atom_v,
                                 rdma_test::describe(source));
  metadata to_write = bob.describe(writable);
  metadata to_read = bob.describe(readable);
};

struct active_side {
  /// Writes or reads, as the metadata says, and waits for the end.
  errc try_it(const metadata& to) {
    memory.resize(to.descriptors[0].size);
    auto local = rdma_test::describe(memory);
    auto op = to.kind == operation_kind::writable
                ? alice.begin(begin_write_atom_v, local, to)
                : alice.begin(begin_read_atom_v, to, local);
    auto end = alice.wait(op);
    return end ? errc::none : code_of(end.error());
  }

  node alice{"alice"};
  std::vector<std::byte> memory = pattern(size, 2);
};

/// The passive operation of that kind still completes with a good claim.
void check_unharmed(passive_side& x, active_side& y, operation_kind kind) {
  if (kind == operation_kind::writable) {
    CHECK((x.target == std::vector<std::byte>(size)));
    CHECK(x.bob.status(x.writable).status == status::initialized);
    y.memory = pattern(size, 3);
    CHECK(y.try_it(x.to_write) == errc::none);
    CHECK(x.bob.wait(x.writable));
    CHECK((x.target == y.memory));
  } else {
    CHECK(x.bob.status(x.readable).status == status::initialized);
    CHECK(y.try_it(x.to_read) == errc::none);
    CHECK(x.bob.wait(x.readable));
    CHECK((y.memory == x.source));
  }
}

auto any_kind() {
  return GENERATE(operation_kind::writable, operation_kind::readable);
}

} // namespace

TEST_CASE("metadata of the other kind is refused where it is used") {
  passive_side x;
  active_side y;
  auto local = rdma_test::describe(y.memory);
  auto write = y.alice.ask<operation>(y.alice.connector, begin_write_atom_v,
                                      local, x.to_read);
  REQUIRE_FALSE(write);
  CHECK(code_of(write.error()) == errc::kind_mismatch);
  auto read = y.alice.ask<operation>(y.alice.connector, begin_read_atom_v,
                                     x.to_write, local);
  REQUIRE_FALSE(read);
  CHECK(code_of(read.error()) == errc::kind_mismatch);
}

TEST_CASE("a forged kind ends with kind_mismatch") {
  auto kind = any_kind();
  passive_side x;
  active_side y;
  auto bad = x.good(kind);
  bad.kind = kind == operation_kind::writable ? operation_kind::readable
                                              : operation_kind::writable;
  CHECK(y.try_it(bad) == errc::kind_mismatch);
  check_unharmed(x, y, kind);
}

TEST_CASE("forged sizes end with size_mismatch") {
  auto kind = any_kind();
  auto forged = GENERATE(size - 1, size + 1, size_t{1});
  passive_side x;
  active_side y;
  auto bad = x.good(kind);
  bad.descriptors[0].size = forged;
  CHECK(y.try_it(bad) == errc::size_mismatch);
  check_unharmed(x, y, kind);
}

TEST_CASE("an unknown token ends with unknown_operation") {
  auto kind = any_kind();
  passive_side x;
  active_side y;
  auto bad = x.good(kind);
  bad.secret.low ^= 1;
  CHECK(y.try_it(bad) == errc::unknown_operation);
  check_unharmed(x, y, kind);
}

TEST_CASE("a used token ends with operation_ended") {
  auto kind = any_kind();
  passive_side x;
  active_side y;
  check_unharmed(x, y, kind);
  auto target = x.target;
  CHECK(y.try_it(x.good(kind)) == errc::operation_ended);
  CHECK((x.target == target));
  auto& op = kind == operation_kind::writable ? x.writable : x.readable;
  CHECK(x.bob.status(op).status == status::complete);
}

TEST_CASE("metadata of another incarnation ends with stale_metadata") {
  auto kind = any_kind();
  passive_side x;
  active_side y;
  if (GENERATE(false, true))
    check_unharmed(x, y,
                   kind == operation_kind::writable
                     ? operation_kind::readable
                     : operation_kind::writable); // links the two
  auto bad = x.good(kind);
  bad.worker.incarnation ^= 1;
  CHECK(y.try_it(bad) == errc::stale_metadata);
  check_unharmed(x, y, kind);
}

TEST_CASE("the first claim wins, and a second active side is told so") {
  passive_side x;
  active_side y;
  raw_peer first{x.to_write.worker};
  first.connect();
  constexpr uint32_t half = size / 2;
  auto bytes = pattern(size, 4);
  auto middle = bytes.begin() + half;
  auto offer_at = [&](uint64_t offset) {
    return frame{first.link(), 7,
                 offer{x.to_write.secret, offset, half, half, size}};
  };
  first.send(offer_at(0), UCP_AM_SEND_FLAG_EAGER, {bytes.begin(), middle});
  REQUIRE(first.eventually(
    [&x] { return x.bob.status(x.writable).status == status::in_progress; }));
  CHECK(y.try_it(x.to_write) == errc::already_claimed);
  CHECK(x.bob.status(x.writable).status == status::in_progress);
  first.send(offer_at(half), UCP_AM_SEND_FLAG_RNDV, {middle, bytes.end()});
  CHECK(first.await_code<transfer_ended>() == errc::none);
  CHECK(x.bob.wait(x.writable));
  CHECK((x.target == bytes));
}

TEST_CASE("a hello of another format version gets unsupported_version") {
  passive_side x;
  raw_peer peer{x.to_write.worker};
  auto old = peer.introduction();
  old.version = protocol_version + 1;
  peer.say_hello(old);
  CHECK(peer.await_code<hello_refused>() == errc::unsupported_version);
  CHECK(peer.link() == 0);
  active_side y;
  check_unharmed(x, y, operation_kind::writable);
}
