// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/actors/node.hpp"
#include "caf_rdma/transport/loop/progress_loop.hpp"

#include <cstring>
#include <future>
#include <optional>

using namespace rdma;
using namespace rdma_test;

namespace {

constexpr size_t size = 3'000'000;

runtime_options options(std::string worker_id) {
  auto result = test_options(std::move(worker_id));
  result.transport.max_pool_bytes = size_t{16} << 20;
  return result;
}

descriptor allocate(node& from, size_t n) {
  auto result = from.runtime.allocate(n);
  if (!result)
    FAIL("no memory: " << to_string(result.error()));
  return *result;
}

} // namespace

TEST_CASE("memory that a runtime has allocated moves like any other") {
  node alice{options("alice")};
  node bob{options("bob")};
  auto here = allocate(alice, size);
  auto there = allocate(bob, size);
  auto sent = pattern(size, 1);
  std::memcpy(here.data(), sent.data(), size);
  auto writable = bob.begin(create_writable_atom_v, descriptor_list{there});
  auto write = alice.begin(begin_write_atom_v, descriptor_list{here},
                           bob.describe(writable));
  REQUIRE(alice.wait(write));
  REQUIRE(bob.wait(writable));
  CHECK(std::memcmp(there.data(), sent.data(), size) == 0);
}

TEST_CASE("memory may be allocated on the loop, and by other threads") {
  node alice{options("alice")};
  std::promise<caf::expected<descriptor>> promise;
  auto result = promise.get_future();
  alice.runtime.loop().post(
    [&] { promise.set_value(alice.runtime.allocate(size)); });
  CHECK(result.get());
  auto other = std::async(std::launch::async,
                          [&] { return alice.runtime.allocate(size); });
  CHECK(other.get());
}

TEST_CASE("memory that a runtime cannot have is an error") {
  node alice{options("alice")};
  auto code = [&alice](size_t n) {
    return code_of(alice.runtime.allocate(n).error());
  };
  CHECK(code(0) == errc::empty_descriptor);
  CHECK(code(17'000'000) == errc::limit_reached);
  auto most = allocate(alice, 16'000'000);
  CHECK(code(1) == errc::limit_reached);
}

TEST_CASE("memory outlives the runtime that has allocated it") {
  std::optional<descriptor> memory;
  {
    node alice{options("alice")};
    memory = allocate(alice, size);
    auto other = allocate(alice, 100); // goes back first
  }
  std::memset(memory->data(), 7, size);
  CHECK(*memory->data() == std::byte{7});
}
