// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_rdma/tests/fenced/fenced_space.hpp"
#include "caf_rdma/transport/memory/staging.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>

namespace rdma::test {

/// Pretended GPUs, and room of one direction for their bytes.
struct staging_fixture {
  explicit staging_fixture(copy_direction to, size_t max_bytes = 2 << 20)
    : pool(memory_pool::make(metrics, pins(), max_bytes)),
      room(metrics, gpus, pool, to) {
    // nop
  }

  ~staging_fixture() {
    pool->retire(); // others may hold memory of it when the metrics have gone
  }

  memory_pool::registrar pins() {
    memory_pool::registrar result;
    result.add = [this](std::span<std::byte> x) { return gpus->pin(x); };
    result.remove = [](std::span<std::byte>) {};
    result.unmap = [x = gpus](std::span<std::byte> y) { x->unpin(y); };
    return result;
  }

  /// Memory of a GPU with bytes 0, 1, 2 and so on.
  fenced_memory_ptr counting(size_t size, device where = cuda(0)) {
    auto result = gpus->allocate(where, size);
    for (size_t i = 0; i < size; ++i)
      result->view()[i] = static_cast<std::byte>(i);
    return result;
  }

  static descriptor_list describe(const fenced_memory_ptr& x) {
    return {descriptor{x->address(), x->size(), x->where(), x}};
  }

  static bool equal(std::span<const std::byte> xs,
                    std::span<const std::byte> ys) {
    return std::ranges::equal(xs, ys);
  }

  std::shared_ptr<fenced_space> gpus = std::make_shared<fenced_space>();
  caf::telemetry::metric_registry metrics;
  memory_pool_ptr pool;
  staging room;
};

} // namespace rdma::test
