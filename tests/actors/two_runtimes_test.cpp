// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/node.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_test;

namespace {

void write(node& from, node& to, size_t size) {
  auto source = pattern(size, size);
  std::vector<std::byte> target(size);
  auto writable = to.begin(create_writable_atom_v, describe(target));
  auto write = from.begin(begin_write_atom_v, describe(source),
                          to.describe(writable));
  auto sent = from.wait(write);
  REQUIRE(sent);
  CHECK(sent->status == status::complete);
  CHECK(sent->bytes == size);
  auto received = to.wait(writable);
  REQUIRE(received);
  CHECK(received->status == status::complete);
  CHECK(target == source);
}

void read(node& by, node& from, size_t size) {
  auto source = pattern(size, size + 1);
  std::vector<std::byte> target(size);
  auto readable = from.begin(create_readable_atom_v, describe(source));
  auto read = by.begin(begin_read_atom_v, from.describe(readable),
                       describe(target));
  auto received = by.wait(read);
  REQUIRE(received);
  CHECK(received->status == status::complete);
  CHECK(target == source);
  auto sent = from.wait(readable);
  REQUIRE(sent);
  CHECK(sent->status == status::complete);
  CHECK(sent->bytes == size);
}

constexpr size_t mib = size_t{1} << 20;

} // namespace

TEST_CASE("bytes move both ways between two runtimes of one process") {
  auto size = GENERATE(size_t{1}, size_t{4096}, mib - 1, mib, mib + 1,
                       9 * mib + 7);
  node alice{"alice"};
  node bob{"bob"};
  SECTION("a write arrives") {
    write(alice, bob, size);
    write(bob, alice, size);
  }
  SECTION("a read arrives") {
    read(alice, bob, size);
    read(bob, alice, size);
  }
}

TEST_CASE("a runtime moves bytes to itself over the self lane") {
  auto size = GENERATE(size_t{1}, mib + 1, 9 * mib + 7);
  node alice{"alice"};
  write(alice, alice, size);
  read(alice, alice, size);
}
