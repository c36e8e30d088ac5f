// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/error.hpp"
#include "caf_rdma/messages/wire/sha256_seal.hpp"
#include "caf_rdma/tests/messages/samples.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

TEST_CASE("the digest is SHA-256") {
  auto abc = std::as_bytes(std::span{"abc", 3});
  auto sum = detail::sha256(abc);
  REQUIRE(sum);
  CHECK((*sum)[0] == std::byte{0xba});
  CHECK((*sum)[1] == std::byte{0x78});
  CHECK((*sum)[31] == std::byte{0xad});
}

TEST_CASE("unsealing gives back what was sealed") {
  auto bytes = test::make_bytes(40);
  auto sealed = detail::seal(bytes);
  CHECK(sealed.size() == 72);
  auto body = detail::unseal(sealed, 72);
  REQUIRE(body);
  CHECK(std::ranges::equal(*body, bytes));
}

TEST_CASE("the size limit is checked before the digest") {
  auto sealed = detail::seal(test::make_bytes(40));
  auto body = detail::unseal(sealed, 71);
  REQUIRE(!body);
  CHECK(reason_of(body.error()) == "72 B exceed the limit of 71 B");
}

TEST_CASE("a seal without a body and a zero digest are refused") {
  CHECK(!detail::unseal({}, 1000));
  CHECK(!detail::unseal(detail::seal({}), 1000));
  std::vector<std::byte> zeros(64);
  CHECK(!detail::unseal(zeros, 1000));
}
