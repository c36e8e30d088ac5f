// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/conformance/real_stage.hpp"
#include "caf_rdma/tests/conformance/scenario.hpp"

#include <cuda_runtime_api.h>

#include <memory>
#include <string>
#include <vector>

namespace rdma_gpu {

/// Number of GPUs. Skips the test, and prints why, if there are fewer.
int need_gpus(int count);

/// Fails the test unless the call went well.
void good(cudaError_t status);

/// Memory of a real GPU, or of the CPU.
class cuda_memory {
public:
  cuda_memory(rdma::device where, size_t size);

  rdma::descriptor_list describe() const;

  std::byte* data() const noexcept {
    return static_cast<std::byte*>(data_.get());
  }

  size_t size() const noexcept {
    return size_;
  }

  void write(const std::vector<std::byte>& xs);

  std::vector<std::byte> read() const;

private:
  rdma::device where_;
  size_t size_;
  std::shared_ptr<void> data_;
};

/// Returns bytes that depend on the seed.
std::vector<std::byte> random_bytes(size_t size, unsigned seed);

/// The lanes, with real GPUs.
std::vector<rdma_conformance::lane_under_test> cuda_lanes();

} // namespace rdma_gpu
