// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/fenced/fenced_space.hpp"
#include "caf_rdma/transport/memory/cuda/find_gpus.hpp"

#include "caf_rdma/messages/error.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace rdma;
using namespace rdma::test;

TEST_CASE("without a GPU all memory is the CPU's") {
  auto space = make_host_space("no driver");
  CHECK(space->empty());
  int x = 0;
  descriptor_list xs{{&x, sizeof(x)}};
  CHECK(place(*space, xs) == caf::none);
  CHECK(xs[0].placed());
  CHECK(xs[0].device() == cpu);
  descriptor_list ys{{&x, sizeof(x), cuda(0)}};
  auto err = place(*space, ys);
  CHECK(code_of(err) == errc::unsupported_device);
  CHECK(reason_of(err) == "this runtime cannot reach cuda:0: no driver");
}

TEST_CASE("a descriptor finds out where its memory is") {
  fenced_space space;
  auto memory = space.allocate(cuda(1), 100);
  int x = 0;
  descriptor_list xs{{memory->address() + 50, 50}, {&x, sizeof(x)}};
  CHECK(xs[0].device() == cpu);
  CHECK_FALSE(xs[0].placed());
  CHECK(place(space, xs) == caf::none);
  CHECK(xs[0].device() == cuda(1));
  CHECK(xs[1].device() == cpu);
}

TEST_CASE("a descriptor that says where its memory is must be right") {
  fenced_space space;
  auto memory = space.allocate(cuda(1), 100);
  int x = 0;
  auto refusal = [&](void* data, size_t size, device where) {
    descriptor_list xs{{data, size, where}};
    return code_of(place(space, xs));
  };
  CHECK(refusal(memory->address(), 100, cuda(1)) == errc::none);
  CHECK(refusal(memory->address(), 100, cuda(0)) == errc::wrong_device);
  CHECK(refusal(memory->address(), 100, cpu) == errc::wrong_device);
  CHECK(refusal(memory->address(), 101, cuda(1)) == errc::wrong_device);
  CHECK(refusal(memory->address(), 100, cuda(2)) == errc::unsupported_device);
  CHECK(refusal(&x, sizeof(x), cpu) == errc::none);
  CHECK(refusal(&x, sizeof(x), cuda(0)) == errc::wrong_device);
}

TEST_CASE("a program says what GPUs it has found, or why none") {
  auto space = find_gpus();
  CHECK_FALSE(space->description().empty());
  INFO(space->description());
  if (!space->empty())
    SKIP("there is a GPU: " << space->description());
  int x = 0;
  descriptor_list xs{{&x, sizeof(x), cuda(0)}};
  CHECK(code_of(place(*space, xs)) == errc::unsupported_device);
}
