// SPDX-License-Identifier: BSD-3-Clause

#include "caf_rdma/tests/gpu/cuda_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

namespace rdma_gpu {

int need_gpus(int count) {
  int found = 0;
  auto status = cudaGetDeviceCount(&found);
  if (status != cudaSuccess)
    SKIP("no GPU: CUDA: " << cudaGetErrorString(status));
  if (found < count)
    SKIP(found << " GPUs, this needs " << count);
  return found;
}

void good(cudaError_t status) {
  INFO(cudaGetErrorString(status));
  REQUIRE(status == cudaSuccess);
}

cuda_memory::cuda_memory(rdma::device where, size_t size)
  : where_(where), size_(size) {
  if (where == rdma::cpu) {
    data_ = {std::malloc(size), &std::free};
    return;
  }
  good(cudaSetDevice(static_cast<int>(where.id)));
  void* ptr = nullptr;
  good(cudaMalloc(&ptr, size));
  data_ = {ptr, [](void* x) { cudaFree(x); }};
  good(cudaMemset(ptr, 0, size));
  good(cudaDeviceSynchronize());
}

rdma::descriptor_list cuda_memory::describe() const {
  return {rdma::descriptor{data_.get(), size_, std::nullopt, data_}};
}

void cuda_memory::write(const std::vector<std::byte>& xs) {
  good(cudaMemcpy(data(), xs.data(), xs.size(), cudaMemcpyDefault));
  good(cudaDeviceSynchronize());
}

std::vector<std::byte> cuda_memory::read() const {
  std::vector<std::byte> result(size_);
  good(cudaMemcpy(result.data(), data(), size_, cudaMemcpyDefault));
  return result;
}

std::vector<std::byte> random_bytes(size_t size, unsigned seed) {
  std::minstd_rand rng{seed};
  std::vector<std::byte> result(size);
  std::ranges::generate(result,
                        [&rng] { return static_cast<std::byte>(rng() >> 8); });
  return result;
}

std::vector<rdma_conformance::lane_under_test> cuda_lanes() {
  using namespace rdma_conformance;
  return {
    {"self", [] { return make_self_stage(nullptr); }},
    {"local", [] { return make_two_runtimes("", "local", nullptr); }},
    {"ucx", [] { return make_two_runtimes("", "ucx", nullptr); }},
  };
}

} // namespace rdma_gpu
