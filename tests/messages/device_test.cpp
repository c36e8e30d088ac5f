// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/messages/device.hpp"
#include "caf_rdma/messages/error.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;

TEST_CASE("a device that was printed reads back as the same device") {
  for (auto x : {cpu, cuda(0), cuda(7), cuda(UINT32_MAX)}) {
    auto y = parse_device(to_string(x));
    REQUIRE(y);
    CHECK(*y == x);
  }
}

TEST_CASE("a device may be called by its common other names") {
  CHECK(parse_device("host") == cpu);
  CHECK(parse_device("cuda") == cuda(0));
  CHECK(parse_device("gpu") == cuda(0));
  CHECK(parse_device("gpu:12") == cuda(12));
}

TEST_CASE("a text that names no device is an unsupported device") {
  for (auto str : {"", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:1x", "cuda: 1",
                   "cuda:4294967296", "rocm:0", "gpu:1:2"}) {
    INFO(str);
    auto x = parse_device(str);
    REQUIRE(!x);
    CHECK(code_of(x.error()) == errc::unsupported_device);
  }
}
