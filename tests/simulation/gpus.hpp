// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/simulation/network.hpp"
#include "caf_rdma/transport/memory/memory_space.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <string>

namespace rdma_sim {

/// Two GPUs whose memory is ours, under addresses that fault when they are
/// touched. A copy takes a random number of looks and takes place at its end.
class gpus : public rdma::memory_space {
public:
  static constexpr uint32_t device_count = 2;

  explicit gpus(dice& random) : dice_(random) {
    // nop
  }

  /// Returns the GPU's address of that memory.
  static std::byte* address_of(std::byte* real) noexcept {
    return real + hidden;
  }

  // -- overrides of memory_space ---------------------------------------------

  uint32_t devices() const override {
    return device_count;
  }

  std::string description() const override {
    return "simulated GPUs";
  }

  /// Believes whoever says so.
  caf::expected<rdma::device> locate(const void* data, size_t size) override;

  caf::error pin(std::span<std::byte>) override {
    return {};
  }

  void unpin(std::span<std::byte>) override {
    // nop
  }

  caf::expected<rdma::device_work_ptr>
  copy(rdma::copy_direction to,
       std::span<const rdma::copy_part> parts) override;

  caf::expected<rdma::device_work_ptr>
  await(const rdma::device_sync& x) override;

  caf::error signal(CUevent_st* event) override;

private:
  class copy_job;

  // No address that a program can have, on any machine of ours.
  static constexpr size_t hidden = size_t{1} << 62;

  dice& dice_;
};

} // namespace rdma_sim
