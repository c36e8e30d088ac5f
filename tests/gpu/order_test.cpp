// SPDX-License-Identifier: BSD-3-Clause

// Operations take their turn among work on a real GPU.

#include "caf_rdma/tests/gpu/cuda_memory.hpp"

#include <catch2/generators/catch_generators.hpp>

using namespace rdma;
using namespace rdma_conformance;
using namespace rdma_gpu;

namespace {

constexpr size_t size = size_t{64} << 20;

/// A stream of the user's, with work that takes some milliseconds and ends with
/// the whole memory at 7.
struct busy_stream {
  busy_stream() {
    good(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    good(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    for (auto i = 0; i < 500; ++i)
      good(cudaMemsetAsync(memory.data(), i % 5, size, stream));
    good(cudaMemsetAsync(memory.data(), 7, size, stream));
    good(cudaEventRecord(event, stream));
  }

  ~busy_stream() {
    cudaStreamSynchronize(stream);
    cudaEventDestroy(event);
    cudaStreamDestroy(stream);
  }

  cuda_memory memory{cuda(0), size};
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
};

} // namespace

TEST_CASE("a transfer waits for a real stream or event") {
  need_gpus(1);
  auto by_stream = GENERATE(true, false);
  scenario x{cuda_lanes().back()};
  busy_stream busy;
  operation_options opts;
  if (by_stream)
    opts.sync.after_stream = busy.stream;
  else
    opts.sync.after_event = busy.event;
  auto passive = x.make(x.stage->bob(), create_readable_atom_v,
                        busy.memory.describe(), opts);
  cuda_memory target{cpu, size};
  auto reader = x.make(x.stage->alice(), begin_read_atom_v, x.metadata(passive),
                       target.describe());
  CHECK(x.end_of(reader) == errc::none);
  CHECK(target.read() == std::vector<std::byte>(size, std::byte{7}));
}

TEST_CASE("a transfer signals a real event") {
  need_gpus(1);
  scenario x{cuda_lanes().back()};
  busy_stream busy; // its event is pending
  cuda_memory source{cpu, 1000};
  cuda_memory target{cuda(0), 1000};
  operation_options opts;
  opts.sync.signal = busy.event;
  auto passive = x.make(x.stage->bob(), create_writable_atom_v,
                        target.describe(), opts);
  auto active = x.make(x.stage->alice(), begin_write_atom_v, source.describe(),
                       x.metadata(passive));
  CHECK(x.end_of(active) == errc::none);
  CHECK(x.end_of(passive) == errc::none);
  good(cudaEventSynchronize(busy.event));
}
