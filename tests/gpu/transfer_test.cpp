// SPDX-License-Identifier: BSD-3-Clause

// Bytes move from and to real GPUs.

#include "caf_rdma/tests/gpu/cuda_memory.hpp"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

using namespace rdma;
using namespace rdma_conformance;
using namespace rdma_gpu;

namespace {

void move_both_ways(scenario& x, device from, device to, size_t size) {
  INFO(size << " B, " << to_string(from) << " to " << to_string(to));
  auto bytes = random_bytes(size, static_cast<unsigned>(size));
  cuda_memory source{from, size};
  cuda_memory target{to, size};
  source.write(bytes);
  auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                        target.describe());
  auto active = x.make(x.stage->alice(), begin_write_atom_v, source.describe(),
                       x.metadata(passive));
  CHECK(x.end_of(active) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  CHECK(target.read() == bytes);
  cuda_memory back{from, size};
  auto readable = x.make(x.stage->bob(), create_readable_atom_v,
                         target.describe());
  auto reader = x.make(x.stage->alice(), begin_read_atom_v,
                       x.metadata(readable), back.describe());
  CHECK(x.end_of(reader) == errc::none);
  CHECK(back.read() == bytes);
}

} // namespace

TEST_CASE("a real GPU's bytes move on every lane, from, to and between") {
  auto gpus = need_gpus(1);
  scenario x{GENERATE(from_range(cuda_lanes()))};
  INFO(x.name);
  auto other = cuda(gpus > 1 ? 1 : 0);
  for (auto size :
       {size_t{1}, size_t{4096}, (size_t{1} << 20) + 3, size_t{64} << 20}) {
    move_both_ways(x, cpu, cuda(0), size);
    move_both_ways(x, cuda(0), cpu, size);
    move_both_ways(x, cuda(0), other, size);
  }
}

TEST_CASE("rows of a real GPU's memory are gathered and scattered") {
  need_gpus(1);
  scenario x{GENERATE(from_range(cuda_lanes()))};
  INFO(x.name);
  constexpr size_t rows = 1000;
  constexpr size_t width = 300;
  constexpr size_t pitch = 1024;
  auto bytes = random_bytes(rows * pitch, 1);
  cuda_memory matrix{cuda(0), rows * pitch};
  cuda_memory packed{cuda(0), rows * width};
  matrix.write(bytes);
  operation_options opts;
  opts.blocks.remote = {{0, rows, 5, width, pitch}};
  auto passive = x.make(x.stage->bob(), create_readable_atom_v,
                        matrix.describe(), standing());
  auto reader = x.make(x.stage->alice(), begin_read_atom_v, x.metadata(passive),
                       packed.describe(), opts);
  CHECK(x.end_of(reader) == errc::none);
  std::vector<std::byte> expected;
  for (size_t i = 0; i < rows; ++i)
    expected.insert(expected.end(), bytes.begin() + i * pitch + 5,
                    bytes.begin() + i * pitch + 5 + width);
  CHECK(packed.read() == expected);
}

TEST_CASE("a real GPU's memory says where it is") {
  need_gpus(1);
  scenario x{cuda_lanes().front()};
  cuda_memory memory{cuda(0), 100};
  std::vector<std::byte> plain(100);
  auto refusal = [&](void* data, size_t size, device where) {
    return x.refusal<operation>(x.stage->bob(), create_writable_atom_v,
                                descriptor_list{{data, size, where}});
  };
  CHECK(refusal(memory.data(), 100, cuda(0)) == errc::none);
  CHECK(refusal(memory.data(), 100, cpu) == errc::wrong_device);
  CHECK(refusal(plain.data(), 100, cuda(0)) == errc::wrong_device);
  CHECK(refusal(memory.data(), 100, cuda(99)) == errc::unsupported_device);
  auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                        memory.describe());
  CHECK(x.metadata(passive).descriptors[0].device == cuda(0));
}
