// SPDX-License-Identifier: BSD-3-Clause

// What becomes of operations when a real GPU does not do as asked.

#include "caf_rdma/tests/gpu/cuda_memory.hpp"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

using namespace rdma;
using namespace rdma_conformance;
using namespace rdma_gpu;

TEST_CASE("a real GPU's memory that is freed too early is a device_error") {
  need_gpus(1);
  scenario x{GENERATE(from_range(cuda_lanes()))};
  INFO(x.name);
  void* gone = nullptr;
  good(cudaSetDevice(0));
  good(cudaMalloc(&gone, 1 << 20));
  auto passive = x.make(x.stage->bob(), create_readable_atom_v,
                        descriptor_list{{gone, 1 << 20}});
  good(cudaFree(gone));
  cuda_memory target{cpu, 1 << 20};
  auto reader = x.make(x.stage->alice(), begin_read_atom_v, x.metadata(passive),
                       target.describe());
  auto end = x.wait(reader);
  REQUIRE_FALSE(end);
  INFO(to_string(end.error()));
  CHECK(code_of(end.error()) == errc::device_error);
  // The runtime goes on.
  cuda_memory source{cpu, 100};
  source.write(random_bytes(100, 1));
  cuda_memory copy{cpu, 100};
  auto writable = x.make(x.stage->bob(), create_writable_atom_v,
                         copy.describe());
  auto writer = x.make(x.stage->alice(), begin_write_atom_v, source.describe(),
                       x.metadata(writable));
  CHECK(x.end_of(writer) == errc::none);
  CHECK(copy.read() == source.read());
}

TEST_CASE(
  "a real GPU's memory is the user's once a cancelled write has ended") {
  need_gpus(1);
  scenario x{GENERATE(from_range(cuda_lanes()))};
  INFO(x.name);
  constexpr size_t size = size_t{16} << 20;
  cuda_memory source{cuda(0), size};
  cuda_memory target{cuda(0), size};
  source.write(std::vector<std::byte>(size, std::byte{1}));
  for (auto i = 0; i < 10; ++i) {
    auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                          target.describe());
    auto active = x.make(x.stage->alice(), begin_write_atom_v,
                         source.describe(), x.metadata(passive));
    x.until_moving(passive);
    x.cancel(passive);
    std::vector<std::byte> poison(size, std::byte{0xDD});
    target.write(poison);
    x.stage->linger();
    CHECK(target.read() == poison);
    x.cancel(active);
  }
}
