// SPDX-License-Identifier: BSD-3-Clause

#include "device_memory.hpp"

#include "transfer_bench/types.hpp"

#include <cuda_runtime_api.h>

namespace gpu_bench {

namespace {

void good(cudaError_t status) {
  if (status != cudaSuccess)
    transfer_bench::die(std::string{"CUDA: "} + cudaGetErrorString(status));
}

class cuda_memory : public device_memory {
public:
  cuda_memory(rdma::device where, size_t size) : device_memory(where, size) {
    if (where == rdma::cpu) {
      good(cudaMallocHost(&data_, size));
      return;
    }
    good(cudaSetDevice(static_cast<int>(where.id)));
    good(cudaMalloc(&data_, size));
  }

  ~cuda_memory() override {
    if (where() == rdma::cpu)
      cudaFreeHost(data_);
    else
      cudaFree(data_);
  }

  std::byte* data() const override {
    return static_cast<std::byte*>(data_);
  }

  void write(const std::vector<std::byte>& from) override {
    copy(data_, from.data(), from.size());
  }

  void read(std::vector<std::byte>& to) const override {
    to.resize(size());
    copy(to.data(), data_, size());
  }

  void copy_to(device_memory& other) const override {
    copy(other.data(), data_, size());
  }

private:
  static void copy(void* to, const void* from, size_t size) {
    good(cudaMemcpy(to, from, size, cudaMemcpyDefault));
    good(cudaDeviceSynchronize()); // it need not wait between two GPUs
  }

  void* data_ = nullptr;
};

class real : public memory_source {
public:
  explicit real(int count) : count_(count) {
    // nop
  }

  device_memory_ptr make(rdma::device where, size_t size) override {
    return std::make_unique<cuda_memory>(where, size);
  }

  rdma::memory_space_ptr space() const override {
    return nullptr;
  }

  uint32_t devices() const override {
    return static_cast<uint32_t>(count_);
  }

private:
  int count_;
};

} // namespace

std::unique_ptr<memory_source> make_real(std::string& why) {
  int count = 0;
  if (auto status = cudaGetDeviceCount(&count); status != cudaSuccess) {
    why = std::string{"CUDA: "} + cudaGetErrorString(status);
    return nullptr;
  }
  return std::make_unique<real>(count);
}

} // namespace gpu_bench
